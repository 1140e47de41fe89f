using System.CommandLine;
using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.State;
using Hopx.Mcp.CommandLine.Output;
using Hopx.Mcp.CommandLine.Settings;

namespace Hopx.Mcp.CommandLine;

/// <summary>Sandboxes of the service that the settings choose.</summary>
internal static class SandboxCommand
{
    public static Command Create() => CommandBuilder.Group("sandbox", "Sandboxes.", List(), Delete());

    private static Command List()
    {
        var json = JsonOption.Create();
        return CommandBuilder.Create("list", "List the sandboxes; on this machine also those that stand ready for the next create (not with --json, which is what the API answers).", [json, SettingOption.BaseUrl], async (arguments, context, cancellationToken) =>
        {
            var sandboxes = await UseAsync(context, client => AllAsync(client, cancellationToken));
            if (arguments.GetValue(json))
            {
                await context.Output.WriteLineAsync(JsonSerializer.Serialize(sandboxes, CommandJson.Default.IReadOnlyListSandbox));
                return ExitCodes.Success;
            }

            await TextTable.WriteAsync(context.Output, ["ID", "STATUS", "TEMPLATE", "CREATED", "EXPIRES"], sandboxes.Select(sandbox => new[]
            {
                sandbox.Id, sandbox.Status.ToString().ToLowerInvariant(), sandbox.TemplateName, Times.Show(sandbox.CreatedAt), Times.Show(sandbox.ExpiresAt),
            }).Concat(Ready(context.Settings)));
            return ExitCodes.Success;
        });
    }

    /// <summary>Those that stand ready for the next create. They are nobody's yet, so the API does not show them; but they are on this machine, and whoever looks after it should see them.</summary>
    private static IEnumerable<string?[]> Ready(HopxSettings settings) => settings.Service is ServiceKind.Embedded
        ? SandboxHoldings.FindReady(new HomeDirectory(settings.ControlPlane().Home)).Select(record => new string?[]
        {
            record.Id, "ready", record.TemplateName, Times.Show(record.CreatedAt), Times.Show(record.ExpiresAt),
        })
        : [];

    private static Command Delete()
    {
        var ids = new Argument<string[]>("id") { Description = "Sandboxes to delete.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Delete every sandbox." };
        var command = CommandBuilder.Create("delete", "Delete sandboxes with all that is in them.", [ids, all, SettingOption.BaseUrl], async (arguments, context, cancellationToken) =>
            await UseAsync(context, async client =>
            {
                var failed = 0;
                var wanted = arguments.GetValue(all) ? (await AllAsync(client, cancellationToken)).Select(sandbox => sandbox.Id) : arguments.GetValue(ids)!;
                foreach (var id in wanted)
                {
                    try
                    {
                        await client.Sandboxes.DeleteAsync(id, cancellationToken);
                        await context.Output.WriteLineAsync(id);
                    }
                    catch (HopxException failure)
                    {
                        // One that is gone already must not keep the others alive.
                        failed++;
                        await context.Error.WriteLineAsync($"error: {failure.Message}");
                    }
                }

                return failed is 0 ? ExitCodes.Success : ExitCodes.Failure;
            }));
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == (result.GetValue(ids) is { Length: > 0 }))
            {
                result.AddError("Name the sandboxes to delete, or say --all.");
            }
        });
        return command;
    }

    private static async Task<T> UseAsync<T>(CommandContext context, Func<HopxClient, Task<T>> use)
    {
        await using var service = new HopxService(context.Settings, StderrLogging.Quiet);
        using var client = service.CreateClient();
        return await use(client);
    }

    private static async Task<IReadOnlyList<Sandbox>> AllAsync(HopxClient client, CancellationToken cancellationToken)
    {
        var sandboxes = new List<Sandbox>();
        await foreach (var sandbox in client.Sandboxes.ListAllAsync(cancellationToken: cancellationToken))
        {
            sandboxes.Add(sandbox);
        }

        return sandboxes;
    }
}
