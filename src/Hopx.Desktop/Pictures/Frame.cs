using System.Buffers;

namespace Hopx.Desktop;

/// <summary>Pixels of the screen or a part of it: 4 bytes each, blue first. Disposing gives the memory back.</summary>
internal sealed class Frame(int width, int height) : IDisposable
{
    public const int PixelBytes = 4;

    private byte[]? _pixels = ArrayPool<byte>.Shared.Rent(width * height * PixelBytes);

    public int Width { get; } = width;

    public int Height { get; } = height;

    public int Stride => Width * PixelBytes;

    public Span<byte> Pixels => _pixels.AsSpan(0, Width * Height * PixelBytes);

    public Span<byte> Row(int y) => Pixels.Slice(y * Stride, Stride);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _pixels, null) is { } pixels)
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }
}

/// <summary>A rectangle of the screen.</summary>
internal readonly record struct Region(int X, int Y, int Width, int Height)
{
    public int Right => X + Width;

    public int Bottom => Y + Height;

    public Region Union(Region other)
    {
        var x = Math.Min(X, other.X);
        var y = Math.Min(Y, other.Y);
        return new Region(x, y, Math.Max(Right, other.Right) - x, Math.Max(Bottom, other.Bottom) - y);
    }
}
