using System.Globalization;
using System.Text.RegularExpressions;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>Life of sandboxes.</summary>
[McpServerToolType]
internal sealed partial class SandboxTools(ConversationSandboxes sandboxes, IOptions<HopxMcpOptions> options, TimeProvider time)
{
    private const int MaxVariables = 100;
    private const int MaxVariableBytes = 32 * 1024;

    /// <summary>Make a fresh sandbox when you need an empty one, another template or variables; run_code makes one by itself. It becomes this conversation's and expires 1 hour after its last use, or when timeout_seconds are over.</summary>
    /// <param name="template">Default code-interpreter.</param>
    /// <param name="timeout_seconds">Fixed lifetime.</param>
    [McpServerTool(
        Name = "sandbox_create", Title = "Create sandbox", ReadOnly = false, Destructive = false, Idempotent = false, OpenWorld = true, UseStructuredContent = true, OutputSchemaType = typeof(SandboxFacts))]
    public async partial Task<CallToolResult> CreateAsync(
        ToolCall call, CancellationToken cancellationToken, string? template = null, int? timeout_seconds = null, Dictionary<string, string>? env_vars = null, string? conversation = null)
    {
        CheckVariables(env_vars);
        using var caller = sandboxes.Identify(call);
        var key = sandboxes.KeyOf(call, conversation);
        var request = new CreateSandboxRequest
        {
            TemplateName = string.IsNullOrWhiteSpace(template) ? options.Value.Template : template.Trim(),
            TimeoutSeconds = timeout_seconds is { } seconds ? Lifetime(seconds) : null,
            EnvVars = env_vars is { Count: > 0 } ? env_vars : null,
        };
        var sandbox = await sandboxes.CreateAsync(caller, key, request, cancellationToken);
        var note = key is null ? $"Pass sandbox_id \"{sandbox.Id}\" to the other tools." : "It is now this conversation's sandbox; sandbox_id can be left out.";
        return Describe(sandbox, $"Sandbox {sandbox.Id} is ready.", note);
    }

    /// <summary>List your sandboxes with state and expiry, for example to find a lost sandbox_id.</summary>
    [McpServerTool(
        Name = "sandbox_list", Title = "List sandboxes", ReadOnly = true, Destructive = false, Idempotent = true, OpenWorld = false, UseStructuredContent = true, OutputSchemaType = typeof(SandboxListFacts))]
    public async partial Task<CallToolResult> ListAsync(ToolCall call, CancellationToken cancellationToken, string? conversation = null)
    {
        using var caller = sandboxes.Identify(call);
        var current = sandboxes.Find(caller, sandboxes.KeyOf(call, conversation));
        var listed = new List<ListedSandbox>();
        var hasMore = false;
        await foreach (var sandbox in caller.Client.Sandboxes.ListAllAsync(cancellationToken: cancellationToken))
        {
            if (listed.Count >= options.Value.MaxListEntries)
            {
                hasMore = true;
                break;
            }

            listed.Add(new ListedSandbox
            {
                SandboxId = sandbox.Id,
                Status = StatusOf(sandbox.Status),
                Template = sandbox.TemplateName,
                ExpiresAt = sandbox.ExpiresAt,
                Current = sandbox.Id == current ? true : null,
            });
        }

        var text = new ResultText().Say(listed is [] ? "You have no sandboxes. run_code and run_command make one." : $"{listed.Count} sandboxes{(hasMore ? " (there are more)" : "")}:");
        foreach (var sandbox in listed)
        {
            text.Say($"{sandbox.SandboxId} {sandbox.Status}, template {sandbox.Template ?? "unknown"}, {Expiry(sandbox.ExpiresAt)}{(sandbox.Current is true ? ", this conversation's" : "")}");
        }

        return Results.Of(text.ToString(), new SandboxListFacts { Sandboxes = listed, HasMore = hasMore ? true : null }, ToolJson.Default.SandboxListFacts);
    }

    /// <summary>Look at or change a sandbox: info; pause (keeps memory), resume; stop (ends processes, keeps files), start; extend (new lifetime from now).</summary>
    /// <param name="timeout_seconds">For extend: default 3600.</param>
    [McpServerTool(
        Name = "sandbox_control", Title = "Control sandbox", ReadOnly = false, Destructive = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true, OutputSchemaType = typeof(SandboxFacts))]
    public async partial Task<CallToolResult> ControlAsync(
        ToolCall call, SandboxAction action, CancellationToken cancellationToken, int? timeout_seconds = null, string? sandbox_id = null, string? conversation = null)
    {
        if (timeout_seconds is not null && action is not SandboxAction.Extend)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "timeout_seconds goes only with action extend.");
        }

        using var caller = sandboxes.Identify(call);
        var id = Choose(call, caller, sandbox_id, conversation);
        var service = caller.Client.Sandboxes;
        sandboxes.Forget(caller, id);
        switch (action)
        {
            case SandboxAction.Pause:
                await service.PauseAsync(id, cancellationToken);
                break;
            case SandboxAction.Resume:
                await service.ResumeAsync(id, cancellationToken);
                break;
            case SandboxAction.Stop:
                await service.StopAsync(id, cancellationToken);
                break;
            case SandboxAction.Start:
                await service.StartAsync(id, cancellationToken);
                break;
            case SandboxAction.Extend:
                var lifetime = timeout_seconds is { } seconds ? TimeSpan.FromSeconds(Lifetime(seconds)) : options.Value.SandboxLifetime;
                await service.SetTimeoutAsync(id, lifetime, cancellationToken);
                if (timeout_seconds is not null)
                {
                    sandboxes.FixLifetime(caller, id);
                }

                break;
        }

        var sandbox = await service.GetAsync(id, cancellationToken);
        return Describe(sandbox, $"Sandbox {id} is {StatusOf(sandbox.Status)}.", note: null);
    }

    /// <summary>Delete a sandbox with all its files when it is no longer needed; this cannot be undone.</summary>
    [McpServerTool(
        Name = "sandbox_delete", Title = "Delete sandbox", ReadOnly = false, Destructive = true, Idempotent = true, OpenWorld = false, UseStructuredContent = true, OutputSchemaType = typeof(DeletedFacts))]
    public async partial Task<CallToolResult> DeleteAsync(ToolCall call, CancellationToken cancellationToken, string? sandbox_id = null, string? conversation = null)
    {
        using var caller = sandboxes.Identify(call);
        var id = Choose(call, caller, sandbox_id, conversation);
        await caller.Client.Sandboxes.DeleteAsync(id, cancellationToken);
        sandboxes.ForgetDeleted(caller, id);
        return Results.Of($"Sandbox {id} is deleted.", new DeletedFacts { SandboxId = id, Status = "deleted" }, ToolJson.Default.DeletedFacts);
    }

    private string Choose(ToolCall call, Caller caller, string? sandboxId, string? conversation) =>
        SandboxIds.Clean(sandboxId) ?? sandboxes.Find(caller, sandboxes.KeyOf(call, conversation))
        ?? throw new HopxException(HopxErrorCode.MissingParameter, "No sandbox was named, and this conversation has none. Pass sandbox_id; sandbox_list shows what there is.");

    private CallToolResult Describe(Sandbox sandbox, string first, string? note)
    {
        var facts = new SandboxFacts
        {
            SandboxId = sandbox.Id,
            Status = StatusOf(sandbox.Status),
            Template = sandbox.TemplateName,
            ExpiresAt = sandbox.ExpiresAt,
            InternetAccess = sandbox.InternetAccess,
            Limits = sandbox.Limits,
            Note = note,
        };
        var text = new ResultText()
            .Say(first)
            .Say($"Template {sandbox.TemplateName ?? "unknown"}, {Expiry(sandbox.ExpiresAt)}. Internet access: {(sandbox.InternetAccess ? "yes" : "no")}.")
            .Say(sandbox.Resources is { } can
                ? string.Create(CultureInfo.InvariantCulture, $"{can.Vcpu} CPUs, {can.MemoryMb} MiB memory, {can.DiskMb} MiB disk.")
                : null)
            .Say(sandbox.Limits is { Count: > 0 } limits
                ? $"How its limits are held: {string.Join(", ", limits.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key} {l.Value}"))}."
                : null)
            .Say(note);
        return Results.Of(text.ToString(), facts, ToolJson.Default.SandboxFacts);
    }

    private long Lifetime(int seconds) => seconds >= 1 && seconds <= options.Value.MaxSandboxLifetime.TotalSeconds ? seconds : throw new HopxException(
        HopxErrorCode.InvalidRequest, $"timeout_seconds is {seconds}; a lifetime must be from 1 to {options.Value.MaxSandboxLifetime.TotalSeconds:0}.");

    private string Expiry(DateTimeOffset? expires) => expires is { } at
        ? string.Create(CultureInfo.InvariantCulture, $"expires {at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC (in {Math.Max(0, (at - time.GetUtcNow()).TotalMinutes):0} min)")
        : "no expiry";

    private static string StatusOf(SandboxStatus status) => status.ToString().ToLowerInvariant();

    private static void CheckVariables(Dictionary<string, string>? variables)
    {
        if (variables is null)
        {
            return;
        }

        if (variables.Count > MaxVariables || variables.Sum(v => (long)v.Key.Length + v.Value.Length) > MaxVariableBytes)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"env_vars has {variables.Count} variables; at most {MaxVariables} with {MaxVariableBytes} characters in all are allowed.");
        }

        if (variables.Keys.FirstOrDefault(name => !VariableName().IsMatch(name)) is { } bad)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'{OutputText.Line(bad, 50)}' is no name for an environment variable: letters, digits and underscores, not beginning with a digit.");
        }

        if (variables.FirstOrDefault(v => v.Value.Contains('\0', StringComparison.Ordinal)).Key is { } nul)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"The value of variable '{nul}' holds a NUL character, which no environment can.");
        }
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex VariableName();
}
