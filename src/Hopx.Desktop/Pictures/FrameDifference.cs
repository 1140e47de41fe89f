namespace Hopx.Desktop;

/// <summary>Finds where two pictures of the screen differ.</summary>
internal static class FrameDifference
{
    private const int Tile = 16;
    private const int MostRegions = 16;

    public static IReadOnlyList<Region> Find(Frame before, Frame after)
    {
        if (before.Width != after.Width || before.Height != after.Height)
        {
            return [new Region(0, 0, after.Width, after.Height)];
        }

        var columns = (after.Width + Tile - 1) / Tile;
        var rows = (after.Height + Tile - 1) / Tile;
        var changed = new bool[columns * rows];
        for (var y = 0; y < after.Height; y++)
        {
            var old = before.Row(y);
            var now = after.Row(y);
            if (old.SequenceEqual(now))
            {
                continue;
            }

            for (var column = 0; column < columns; column++)
            {
                var from = column * Tile * Frame.PixelBytes;
                var length = Math.Min(Tile * Frame.PixelBytes, after.Stride - from);
                ref var isChanged = ref changed[(y / Tile * columns) + column];
                isChanged = isChanged || !old.Slice(from, length).SequenceEqual(now.Slice(from, length));
            }
        }

        return Merge(Connected(changed, columns, rows), after);
    }

    // Tiles that touch each other make one region.
    private static List<Region> Connected(bool[] changed, int columns, int rows)
    {
        var regions = new List<Region>();
        var waiting = new Stack<int>();
        for (var start = 0; start < changed.Length; start++)
        {
            if (!changed[start])
            {
                continue;
            }

            changed[start] = false;
            waiting.Push(start);
            var region = new Region(start % columns, start / columns, 1, 1);
            while (waiting.TryPop(out var tile))
            {
                var (x, y) = (tile % columns, tile / columns);
                region = region.Union(new Region(x, y, 1, 1));
                for (var near = 0; near < 9; near++)
                {
                    var (nextX, nextY) = (x + (near % 3) - 1, y + (near / 3) - 1);
                    if (nextX >= 0 && nextX < columns && nextY >= 0 && nextY < rows && changed[(nextY * columns) + nextX])
                    {
                        changed[(nextY * columns) + nextX] = false;
                        waiting.Push((nextY * columns) + nextX);
                    }
                }
            }

            regions.Add(region);
        }

        return regions;
    }

    private static List<Region> Merge(List<Region> tiles, Frame frame)
    {
        // Far more than anyone reads: neighbours in the list, which are near each other, are taken together.
        while (tiles.Count > 4 * MostRegions)
        {
            tiles = [.. tiles.Chunk(2).Select(pair => pair.Aggregate((one, other) => one.Union(other)))];
        }

        while (tiles.Count > MostRegions)
        {
            var (best, first, second) = (int.MaxValue, 0, 1);
            for (var i = 0; i < tiles.Count; i++)
            {
                for (var j = i + 1; j < tiles.Count; j++)
                {
                    var union = tiles[i].Union(tiles[j]);
                    var added = (union.Width * union.Height) - (tiles[i].Width * tiles[i].Height) - (tiles[j].Width * tiles[j].Height);
                    if (added < best)
                    {
                        (best, first, second) = (added, i, j);
                    }
                }
            }

            tiles[first] = tiles[first].Union(tiles[second]);
            tiles.RemoveAt(second);
        }

        return
        [
            .. tiles.Select(tile => new Region(
                tile.X * Tile,
                tile.Y * Tile,
                Math.Min(tile.Width * Tile, frame.Width - (tile.X * Tile)),
                Math.Min(tile.Height * Tile, frame.Height - (tile.Y * Tile)))),
        ];
    }
}
