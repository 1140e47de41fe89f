namespace Hopx.Desktop;

/// <summary>Makes pictures smaller by averaging areas, which keeps text readable, or larger by repeating with blending, which helps reading machines.</summary>
internal static class FrameScaler
{
    private const int One = 1 << 12;

    public static Frame Shrink(Frame source, int width, int height)
    {
        var target = new Frame(width, height);
        var (columnFrom, columnWeights) = Weights(source.Width, width);
        var (rowFrom, rowWeights) = Weights(source.Height, height);
        var sums = new int[source.Width * 3];
        for (var y = 0; y < height; y++)
        {
            Array.Clear(sums);
            var weights = rowWeights[y];
            for (var i = 0; i < weights.Length; i++)
            {
                AddRow(source.Row(rowFrom[y] + i), sums, weights[i]);
            }

            var row = target.Row(y);
            for (var x = 0; x < width; x++)
            {
                long blue = 0, green = 0, red = 0;
                var at = columnFrom[x] * 3;
                foreach (var weight in columnWeights[x])
                {
                    blue += (long)sums[at] * weight;
                    green += (long)sums[at + 1] * weight;
                    red += (long)sums[at + 2] * weight;
                    at += 3;
                }

                row[x * 4] = (byte)((blue + (One * One / 2)) / (One * One));
                row[(x * 4) + 1] = (byte)((green + (One * One / 2)) / (One * One));
                row[(x * 4) + 2] = (byte)((red + (One * One / 2)) / (One * One));
                row[(x * 4) + 3] = byte.MaxValue;
            }
        }

        return target;
    }

    /// <summary>Grey picture of a whole multiple of the size.</summary>
    public static byte[] EnlargeGrey(Frame source, int factor)
    {
        var width = source.Width * factor;
        var height = source.Height * factor;
        var grey = new byte[source.Width * source.Height];
        for (var i = 0; i < grey.Length; i++)
        {
            var pixel = source.Pixels.Slice(i * 4, 3);
            grey[i] = (byte)(((pixel[0] * 29) + (pixel[1] * 150) + (pixel[2] * 77)) >> 8);
        }

        if (factor == 1)
        {
            return grey;
        }

        var large = new byte[width * height];
        for (var y = 0; y < height; y++)
        {
            var (top, bottom, down) = Between(y, factor, source.Height);
            for (var x = 0; x < width; x++)
            {
                var (left, right, across) = Between(x, factor, source.Width);
                var upper = (grey[(top * source.Width) + left] * (256 - across)) + (grey[(top * source.Width) + right] * across);
                var lower = (grey[(bottom * source.Width) + left] * (256 - across)) + (grey[(bottom * source.Width) + right] * across);
                large[(y * width) + x] = (byte)(((upper * (256 - down)) + (lower * down)) >> 16);
            }
        }

        return large;
    }

    private static (int Low, int High, int Share) Between(int position, int factor, int count)
    {
        var centre = Math.Max(0, (((position * 2) + 1) * 128 / factor) - 128);
        var low = centre >> 8;
        return (low, Math.Min(low + 1, count - 1), centre & 255);
    }

    private static void AddRow(Span<byte> row, int[] sums, int weight)
    {
        for (int x = 0, at = 0; at < sums.Length; x += 4, at += 3)
        {
            sums[at] += row[x] * weight;
            sums[at + 1] += row[x + 1] * weight;
            sums[at + 2] += row[x + 2] * weight;
        }
    }

    // For each target pixel the first source pixel under it, and how much of each counts; the shares add up to One.
    private static (int[] From, int[][] Weights) Weights(int source, int target)
    {
        var from = new int[target];
        var weights = new int[target][];
        var scale = (double)source / target;
        for (var i = 0; i < target; i++)
        {
            var start = i * scale;
            var end = Math.Min(source, (i + 1) * scale);
            from[i] = Math.Min((int)start, source - 1);
            var count = Math.Max(1, Math.Min((int)Math.Ceiling(end - 1e-9), source) - from[i]);
            weights[i] = new int[count];
            var left = One;
            for (var j = 0; j < count - 1; j++)
            {
                var covered = Math.Min(end, from[i] + j + 1) - Math.Max(start, from[i] + j);
                weights[i][j] = (int)(covered / (end - start) * One);
                left -= weights[i][j];
            }

            weights[i][count - 1] = left;
        }

        return (from, weights);
    }
}
