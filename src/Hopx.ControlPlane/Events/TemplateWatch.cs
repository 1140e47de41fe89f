using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.Templates;

namespace Hopx.ControlPlane.Events;

/// <summary>Tells of changes of templates. It looks for them, since another process, such as <c>hopx-mcp setup</c>, may have made them.</summary>
internal sealed class TemplateWatch(TemplateCatalog catalog, EventLog events)
{
    private readonly Lock _lock = new();
    private Dictionary<string, Template>? _known;

    /// <summary>One look; the first one only takes in what is there.</summary>
    public void Look()
    {
        lock (_lock)
        {
            var now = catalog.List().ToDictionary(template => template.Id!, StringComparer.Ordinal);
            if (_known is { } before)
            {
                foreach (var template in now.Values.Where(template => !before.ContainsKey(template.Id!)))
                {
                    Tell("template.created", template);
                }

                foreach (var template in now.Values.Where(template => before.TryGetValue(template.Id!, out var old) && (old.Status, old.BuildId) != (template.Status, template.BuildId)))
                {
                    Tell("template.updated", template);
                }

                foreach (var template in before.Values.Where(template => !now.ContainsKey(template.Id!)))
                {
                    Tell("template.deleted", template);
                }
            }

            _known = now;
        }
    }

    private void Tell(string type, Template template) => events.Commit(
        change: null, new EventDraft(OrganizationId: null, SandboxId: null, type, JsonSerializer.Serialize(template, HopxJson.Default.Template)));
}
