using System.CommandLine;
using System.Text.Json;
using Hopx.Client;
using Hopx.Mcp.CommandLine.Local;
using Hopx.Mcp.CommandLine.Output;
using Hopx.Mcp.CommandLine.Settings;

namespace Hopx.Mcp.CommandLine;

/// <summary>Templates: of the service that the settings choose to list, of this machine to build and delete.</summary>
internal static class TemplateCommand
{
    public static Command Create() => CommandBuilder.Group("template", "Templates, from which sandboxes are made.", List(), Build(), Delete());

    private static Command List()
    {
        var json = JsonOption.Create();
        return CommandBuilder.Create("list", "List the templates.", [json, SettingOption.BaseUrl], async (arguments, context, cancellationToken) =>
        {
            var templates = await ListAsync(context.Settings, cancellationToken);
            if (arguments.GetValue(json))
            {
                await context.Output.WriteLineAsync(JsonSerializer.Serialize(templates, CommandJson.Default.IReadOnlyListTemplate));
                return ExitCodes.Success;
            }

            await TextTable.WriteAsync(context.Output, ["NAME", "ID", "STATUS", "BUILT", "DESCRIPTION"], templates.Select(template => new[]
            {
                template.Name, template.Id, template.Status.ToString().ToLowerInvariant(), Times.Show(template.CreatedAt), template.Description,
            }));
            return ExitCodes.Success;
        });
    }

    private static Command Build()
    {
        var name = new Argument<string>("name") { Description = "Name or id of the template." };
        return CommandBuilder.Create("build", "Build a template anew, for newer packages; sandboxes that run keep the old one.", [name], async (arguments, context, cancellationToken) =>
        {
            using var machine = Local(context.Settings);
            var recipe = machine.Templates.Recipe(arguments.GetValue(name)!);
            var time = TimeProvider.System;
            var started = time.GetTimestamp();
            await SetupDisplay.RunAsync(context.Error, time, progress => machine.Builder.RebuildAsync(recipe, new BuildProgress(progress), cancellationToken));
            await context.Error.WriteLineAsync($"Template {recipe.Name} is built ({Times.Seconds(time.GetElapsedTime(started))}).");
            return ExitCodes.Success;
        });
    }

    private static Command Delete()
    {
        var name = new Argument<string>("name") { Description = "Name or id of the template." };
        return CommandBuilder.Create("delete", "Delete what was built of a template; the next sandbox from it builds it again.", [name], async (arguments, context, cancellationToken) =>
        {
            using var machine = Local(context.Settings);
            var recipe = machine.Templates.Recipe(arguments.GetValue(name)!);
            if (await FirstUserAsync(context.Settings, recipe.Name, cancellationToken) is { } user)
            {
                throw new HopxException(
                    HopxErrorCode.Conflict, $"Sandbox '{user}' is made from template '{recipe.Name}' and reads its files from there. Delete it first: hopx-mcp sandbox delete {user}");
            }

            await machine.Builder.RemoveAsync(recipe.Name, static _ => false, cancellationToken);
            await context.Error.WriteLineAsync($"What was built of template {recipe.Name} is deleted.");
            return ExitCodes.Success;
        });
    }

    private static async Task<IReadOnlyList<Template>> ListAsync(HopxSettings settings, CancellationToken cancellationToken)
    {
        await using var service = new HopxService(settings, StderrLogging.Quiet);
        using var client = service.CreateClient();
        return (await client.Templates.ListAsync(cancellationToken: cancellationToken)).Data ?? [];
    }

    private static async Task<string?> FirstUserAsync(HopxSettings settings, string template, CancellationToken cancellationToken)
    {
        await using var service = new HopxService(settings, StderrLogging.Quiet);
        using var client = service.CreateClient();
        await foreach (var sandbox in client.Sandboxes.ListAllAsync(cancellationToken: cancellationToken))
        {
            if (sandbox.TemplateName == template)
            {
                return sandbox.Id;
            }
        }

        return null;
    }

    private static LocalMachine Local(HopxSettings settings) => settings.Service is ServiceKind.Embedded
        ? new LocalMachine(settings.ControlPlane())
        : throw new HopxException(
            HopxErrorCode.InvalidConfiguration, "Templates are built and deleted on this machine only, but HOPX_API_KEY or HOPX_BASE_URL names a service elsewhere. Unset both.");
}
