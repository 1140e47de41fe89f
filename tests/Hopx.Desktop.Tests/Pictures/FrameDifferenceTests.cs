namespace Hopx.Desktop.Tests.Pictures;

public sealed class FrameDifferenceTests
{
    [Fact]
    public void Equal_pictures_differ_nowhere()
    {
        using var one = Flat(320, 200, 7);
        using var other = Flat(320, 200, 7);

        Assert.Empty(FrameDifference.Find(one, other));
    }

    [Fact]
    public void A_single_pixel_is_found_even_in_the_last_corner()
    {
        using var one = Flat(330, 205, 7);
        using var other = Flat(330, 205, 7);
        other.Row(204)[(329 * Frame.PixelBytes) + 1] = 8;

        var region = Assert.Single(FrameDifference.Find(one, other));

        Assert.Equal(new Region(320, 192, 10, 13), region);
    }

    [Fact]
    public void Two_places_apart_are_two_regions_and_neighbours_are_one()
    {
        using var one = Flat(640, 480, 0);
        using var other = Flat(640, 480, 0);
        other.Row(10)[10 * Frame.PixelBytes] = 1;
        other.Row(10)[20 * Frame.PixelBytes] = 1;
        other.Row(400)[600 * Frame.PixelBytes] = 1;

        Assert.Equal([new Region(0, 0, 32, 16), new Region(592, 400, 16, 16)], FrameDifference.Find(one, other));
    }

    [Fact]
    public void However_much_changes_there_are_few_regions_and_they_hold_all_of_it()
    {
        using var one = Flat(1280, 800, 0);
        using var other = Flat(1280, 800, 0);
        for (var y = 0; y < 800; y += 64)
        {
            for (var x = 0; x < 1280; x += 64)
            {
                other.Row(y)[x * Frame.PixelBytes] = 1;
            }
        }

        var regions = FrameDifference.Find(one, other);

        Assert.InRange(regions.Count, 1, 16);
        for (var y = 0; y < 800; y += 64)
        {
            for (var x = 0; x < 1280; x += 64)
            {
                Assert.Contains(regions, region => x >= region.X && x < region.Right && y >= region.Y && y < region.Bottom);
            }
        }
    }

    [Fact]
    public void A_screen_of_another_size_has_changed_as_a_whole()
    {
        using var one = Flat(640, 480, 0);
        using var other = Flat(800, 600, 0);

        Assert.Equal(new Region(0, 0, 800, 600), Assert.Single(FrameDifference.Find(one, other)));
    }

    private static Frame Flat(int width, int height, byte value)
    {
        var frame = new Frame(width, height);
        frame.Pixels.Fill(value);
        return frame;
    }
}
