using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Prompts;

/// <summary>Serves the prompts.</summary>
internal static class PromptsExtensions
{
    private static readonly TimeSpan ListLifetime = TimeSpan.FromHours(1);

    public static IMcpServerBuilder AddHopxPrompts(this IMcpServerBuilder builder)
    {
        builder.Services.AddSingleton<PromptFiles>();
        return builder
            .WithListPromptsHandler((list, _) => ValueTask.FromResult(new ListPromptsResult
            {
                Prompts = [.. Files(list.Services).All.Values.OrderBy(prompt => prompt.Name, StringComparer.Ordinal).Select(prompt => prompt.ToProtocol())],
                TimeToLive = ListLifetime,
                CacheScope = CacheScope.Public,
            }))
            .WithGetPromptHandler((get, _) =>
            {
                var files = Files(get.Services);
                var prompt = files.All.GetValueOrDefault(get.Params.Name) ?? throw new McpProtocolException(
                    $"There is no prompt '{get.Params.Name}'. There are: {string.Join(", ", files.All.Keys.Order(StringComparer.Ordinal))}.", McpErrorCode.InvalidParams);
                return ValueTask.FromResult(new GetPromptResult
                {
                    Description = prompt.Description,
                    Messages = [new PromptMessage { Role = Role.User, Content = new TextContentBlock { Text = prompt.Fill(Values(get.Params)) } }],
                });
            });
    }

    private static PromptFiles Files(IServiceProvider? services) => services!.GetRequiredService<PromptFiles>();

    private static Dictionary<string, string> Values(GetPromptRequestParams get) => (get.Arguments ?? new Dictionary<string, JsonElement>()).ToDictionary(
        argument => argument.Key,
        argument => argument.Value.ValueKind is JsonValueKind.String ? argument.Value.GetString()! : throw new McpProtocolException(
            $"Argument '{argument.Key}' of prompt '{get.Name}' must be a string.", McpErrorCode.InvalidParams),
        StringComparer.Ordinal);
}
