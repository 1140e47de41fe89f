using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.State;
using Hopx.Mcp.CommandLine.Output;

namespace Hopx.Mcp.CommandLine;

/// <summary>API keys of the embedded control plane. They lie in its state file, so a running server sees every change at once.</summary>
internal static class KeyCommand
{
    public static Command Create() => CommandBuilder.Group("key", "API keys of the control plane on this machine.", CreateKey(), List(), Revoke());

    private static Command CreateKey()
    {
        var name = new Option<string>("--name") { Description = "What the key is for.", DefaultValueFactory = _ => "key" };
        var organization = new Option<long>("--org") { Description = "Organization; keys of one see each other's sandboxes.", DefaultValueFactory = _ => 1 };
        var scope = new Option<string>("--scope") { Description = "full, or read-only: lists, events and metrics, but no change and no way into a sandbox.", DefaultValueFactory = _ => ApiKeyScopeNames.Full };
        return CommandBuilder.Create("create", "Make a key and print it, alone, on stdout. It is shown this once.", [name, organization, scope], async (arguments, context, _) =>
        {
            if (arguments.GetValue(organization) is < 1 and var bad)
            {
                throw new HopxException(HopxErrorCode.InvalidConfiguration, $"--org is {bad}; an organization is a whole number from 1.");
            }

            if (!ApiKeyScope.TryParse(arguments.GetValue(scope)!, out var wanted))
            {
                throw new HopxException(HopxErrorCode.InvalidConfiguration, $"--scope is '{arguments.GetValue(scope)}'; {ApiKeyScopeNames.Full} or {ApiKeyScopeNames.ReadOnly} is expected.");
            }

            var (key, text) = Store(context).Create(arguments.GetValue(name)!, arguments.GetValue(organization), wanted.Value);
            await context.Error.WriteLineAsync($"Key {key.Id} ('{key.Name}', organization {key.OrganizationId}, {key.Scope.Name}). Keep it safe: only its hash is stored.");
            await context.Output.WriteLineAsync(text);
            return ExitCodes.Success;
        });
    }

    private static Command List()
    {
        var json = JsonOption.Create();
        return CommandBuilder.Create("list", "List the keys; the keys themselves are not stored.", [json], async (arguments, context, _) =>
        {
            var keys = Store(context).List();
            if (arguments.GetValue(json))
            {
                IReadOnlyList<ApiKeyFacts> facts = [.. keys.Select(key => new ApiKeyFacts(key.Id, key.Name, key.OrganizationId, key.Scope.Name, key.CreatedAt, key.RevokedAt))];
                await context.Output.WriteLineAsync(JsonSerializer.Serialize(facts, CommandJson.Default.IReadOnlyListApiKeyFacts));
                return ExitCodes.Success;
            }

            await TextTable.WriteAsync(context.Output, ["ID", "NAME", "ORG", "SCOPE", "CREATED", "REVOKED"], keys.Select(key => new[]
            {
                key.Id, key.Name, key.OrganizationId.ToString(CultureInfo.InvariantCulture), key.Scope.Name, Times.Show(key.CreatedAt), Times.Show(key.RevokedAt),
            }));
            return ExitCodes.Success;
        });
    }

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "The id that 'key list' shows." };
        return CommandBuilder.Create("revoke", "End a key at once.", [id], async (arguments, context, _) =>
        {
            var wanted = arguments.GetValue(id)!;
            if (!Store(context).Revoke(wanted))
            {
                throw new HopxException(HopxErrorCode.ResourceNotFound, $"There is no valid key '{wanted}'. 'hopx-mcp key list' shows the ids.");
            }

            await context.Error.WriteLineAsync($"Key {wanted} is revoked.");
            return ExitCodes.Success;
        });
    }

    private static ApiKeyStore Store(CommandContext context)
    {
        var home = new HomeDirectory(context.Settings.ControlPlane().Home);
        home.Prepare();
        return new ApiKeyStore(new StateDatabase(home.Path), TimeProvider.System);
    }
}
