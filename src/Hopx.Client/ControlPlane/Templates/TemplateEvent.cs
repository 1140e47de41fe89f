using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Hopx.Client;

/// <summary>Something that happened to a template.</summary>
/// <param name="Id">Number of the event, to go on behind it later.</param>
/// <param name="Type">Such as <c>template.updated</c>; <c>log.truncated</c> when events before this one are no longer kept.</param>
/// <param name="Template">As it is now; null where the event is of a kind that this client does not know.</param>
public sealed record TemplateEvent(string? Id, string Type, Template? Template)
{
    internal static TemplateEvent Parse(SseItem<string> item)
    {
        try
        {
            return new TemplateEvent(
                item.EventId, item.EventType, item.EventType.StartsWith("template.", StringComparison.Ordinal) ? JsonSerializer.Deserialize(item.Data, HopxJson.Default.Template) : null);
        }
        catch (JsonException)
        {
            return new TemplateEvent(item.EventId, item.EventType, Template: null);
        }
    }
}
