using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hopx.Client;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Conversations;

/// <summary>
/// Which conversation a call belongs to, as far as anybody says. It is attribution, not authorization: a key means something only together with the caller.
/// </summary>
internal sealed class ConversationKeys(IOptions<HopxMcpOptions> options, Func<string, string?> environment, IHttpContextAccessor? http = null)
{
    public const int MaxLength = 200;

    /// <summary>The key, or null where nothing tells one conversation from another.</summary>
    /// <param name="conversation">What the model itself calls the conversation.</param>
    /// <param name="meta">What the client says about the call.</param>
    /// <param name="sessionId">Session of a client of an older protocol.</param>
    public string? Resolve(string? conversation, JsonObject? meta, string? sessionId) =>
        FromArgument(conversation) ?? FromMeta(meta) ?? FromSession(sessionId) ?? FromEnvironment();

    private static string? FromArgument(string? conversation) => conversation switch
    {
        null => null,
        { Length: > MaxLength } => throw new HopxException(
            HopxErrorCode.InvalidRequest, $"conversation has {conversation.Length} characters; at most {MaxLength} are allowed. Use a short name."),
        _ when string.IsNullOrWhiteSpace(conversation) => null,
        _ => "argument:" + conversation.Trim(),
    };

    private string? FromMeta(JsonObject? meta)
    {
        foreach (var name in options.Value.ConversationMetaKeys)
        {
            var text = meta?[name] is JsonValue value
                ? value.GetValueKind() switch
                {
                    JsonValueKind.String => value.GetValue<string>(),
                    JsonValueKind.Number => value.ToJsonString(),
                    _ => null,
                }
                : null;
            if (!string.IsNullOrWhiteSpace(text))
            {
                return $"meta:{name}:{Shorten(text)}";
            }
        }

        return null;
    }

    private static string? FromSession(string? sessionId) => string.IsNullOrEmpty(sessionId) ? null : "session:" + Shorten(sessionId);

    private string? FromEnvironment()
    {
        // The environment of a server that many share says nothing about one caller.
        foreach (var name in http?.HttpContext is null ? options.Value.ConversationVariables : [])
        {
            if (environment(name) is { } value && !string.IsNullOrWhiteSpace(value))
            {
                return $"environment:{name}:{Shorten(value)}";
            }
        }

        return null;
    }

    private static string Shorten(string text) =>
        text.Length <= MaxLength ? text : "sha256-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
