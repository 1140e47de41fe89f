using System.Text.Json.Serialization;
using Hopx.Client;

namespace Hopx.Mcp.Tools;

/// <summary>A picture of a sandbox's screen as a model got it: what coordinates of it mean on the screen.</summary>
internal sealed record SentPicture
{
    public required string Id { get; init; }

    public required int ScreenWidth { get; init; }

    public required int ScreenHeight { get; init; }

    /// <summary>Left edge on the screen of what it shows.</summary>
    public int SourceX { get; init; }

    public int SourceY { get; init; }

    public required int SourceWidth { get; init; }

    public required int SourceHeight { get; init; }

    /// <summary>Of the picture itself.</summary>
    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>Places that are numbered in it.</summary>
    public IReadOnlyList<PictureMark>? Marks { get; init; }

    /// <summary>Whether it shows all of the screen.</summary>
    [JsonIgnore]
    public bool IsWhole => SourceX is 0 && SourceY is 0 && SourceWidth == ScreenWidth && SourceHeight == ScreenHeight;

    /// <summary>Pixels of the picture for one of the screen.</summary>
    [JsonIgnore]
    public double Scale => (double)Width / SourceWidth;

    /// <summary>The pixel of the screen in the middle of a pixel of the picture, which must be in it.</summary>
    public ScreenPoint ToScreen(double x, double y)
    {
        var (left, top) = (Math.Round(x), Math.Round(y));
        if (!(left >= 0 && top >= 0 && left < Width && top < Height))
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest, $"The point {x},{y} is outside of picture {Id}, which is {Width}x{Height} pixels. Give a point from 0,0 to {Width - 1},{Height - 1}.");
        }

        return new ScreenPoint
        {
            X = SourceX + Math.Min(SourceWidth - 1, (int)((left + 0.5) * SourceWidth / Width)),
            Y = SourceY + Math.Min(SourceHeight - 1, (int)((top + 0.5) * SourceHeight / Height)),
        };
    }

    /// <summary>All pixels of the screen under a rectangle of the picture, given by two corners.</summary>
    public ScreenRegion RegionToScreen(double x0, double y0, double x1, double y1)
    {
        if (!(x0 >= 0 && y0 >= 0 && x1 > x0 && y1 > y0 && x1 <= Width && y1 <= Height))
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest,
                $"The region {x0},{y0} to {x1},{y1} is none of picture {Id}, which is {Width}x{Height} pixels. Give the upper left corner and then the lower right one, at most {Width},{Height}.");
        }

        var (left, top) = ((int)(x0 * SourceWidth / Width), (int)(y0 * SourceHeight / Height));
        return new ScreenRegion
        {
            X = SourceX + left,
            Y = SourceY + top,
            Width = Math.Max(1, (int)Math.Ceiling(x1 * SourceWidth / Width) - left),
            Height = Math.Max(1, (int)Math.Ceiling(y1 * SourceHeight / Height) - top),
        };
    }

    /// <summary>Where a pixel of the screen is in the picture; may be outside of it.</summary>
    public (int X, int Y) FromScreen(int x, int y) =>
        ((int)Math.Floor((double)(x - SourceX) * Width / SourceWidth), (int)Math.Floor((double)(y - SourceY) * Height / SourceHeight));

    /// <summary>Length on the screen for a length in the picture.</summary>
    public double LengthToScreen(double length) => length * SourceWidth / Width;

    /// <summary>Length in the picture for a length on the screen, at least 1.</summary>
    public int LengthFromScreen(int length) => Math.Max(1, (int)Math.Round((double)length * Width / SourceWidth));
}

/// <summary>A numbered place in a picture, in pixels of the screen.</summary>
internal sealed record PictureMark
{
    public required int Number { get; init; }

    public required int X { get; init; }

    public required int Y { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>What it is called, as far as anybody knows.</summary>
    public string? Name { get; init; }

    [JsonIgnore]
    public ScreenPoint Center => new() { X = X + (Width / 2), Y = Y + (Height / 2) };
}
