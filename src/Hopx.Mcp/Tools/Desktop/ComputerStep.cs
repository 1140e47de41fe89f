using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Hopx.Client;

namespace Hopx.Mcp.Tools;

/// <summary>One action as models write it, with the arguments of Anthropic's computer tool and of OpenAI's.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record ComputerStep
{
    /// <summary>Anthropic's word for which action it is.</summary>
    public string? Action { get; init; }

    /// <summary>OpenAI's word for which action it is.</summary>
    public string? Type { get; init; }

    public double[]? Coordinate { get; init; }

    public double[]? StartCoordinate { get; init; }

    public string? Text { get; init; }

    /// <summary>What Anthropic's own implementation calls the keys that are held during a click.</summary>
    public string? Key { get; init; }

    public string[]? Keys { get; init; }

    public string? ScrollDirection { get; init; }

    public double? ScrollAmount { get; init; }

    /// <summary>Pixels, positive to the right.</summary>
    public double? ScrollX { get; init; }

    /// <summary>Pixels, positive downwards.</summary>
    public double? ScrollY { get; init; }

    public double? X { get; init; }

    public double? Y { get; init; }

    public string? Button { get; init; }

    /// <summary>Points, each an object with x and y or a pair.</summary>
    public JsonElement[]? Path { get; init; }

    /// <summary>Seconds.</summary>
    public double? Duration { get; init; }

    public double[]? Region { get; init; }

    public int? Repeat { get; init; }

    public int? Mark { get; init; }

    /// <summary>Reads an entry of <c>actions</c>.</summary>
    public static ComputerStep Read(JsonObject entry, int index)
    {
        try
        {
            return entry.Deserialize(ToolJson.Default.ComputerStep)!;
        }
        catch (JsonException wrong)
        {
            var place = wrong.Path is ['$', .. var path] ? path : "";
            var names = string.Join(", ", ToolJson.Default.ComputerStep.Properties.Select(property => property.Name));
            throw new HopxException(
                HopxErrorCode.InvalidRequest, $"actions[{index}]{OutputText.Line(place, 100)} is unknown or of the wrong type. An action has action (or type) and of these what it needs: {names}.", wrong);
        }
    }
}
