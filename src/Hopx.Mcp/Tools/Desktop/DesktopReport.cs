using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>Tells what came of actions on the desktop, with the picture, and remembers the picture.</summary>
internal sealed class DesktopReport(SentPictures pictures, IOptions<HopxMcpOptions> options)
{
    private const int MostRegions = 8;
    private const int MostTitle = 100;

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>Verdict, facts and picture for the actions of a plan.</summary>
    public CallToolResult OfPlan(OpenSandbox sandbox, SeenScreen seen, ComputerPlan plan)
    {
        var picture = Read(seen, plan.Reference, marks: null);
        return Of(sandbox, seen, picture, plan.Reference, [Verdict(seen, plan, picture.Sent.IsWhole ? picture.Sent : plan.Reference)]);
    }

    /// <summary>The picture after something was done by other means.</summary>
    /// <param name="sandbox">Where.</param>
    /// <param name="seen">What the screen shows.</param>
    /// <param name="marks">What is numbered in the picture.</param>
    /// <param name="said">What is to say first.</param>
    /// <param name="list">What the sandbox says, with places in the picture.</param>
    public CallToolResult OfLook(OpenSandbox sandbox, SeenScreen seen, IReadOnlyList<PictureMark>? marks, IEnumerable<string> said, Func<SentPicture, OutputSection>? list = null)
    {
        var picture = Read(seen, reference: null, marks);
        return Of(sandbox, seen, picture, reference: null, said, list?.Invoke(picture.Sent));
    }

    private CallToolResult Of(
        OpenSandbox sandbox, SeenScreen seen, ReceivedPicture picture, SentPicture? reference, IEnumerable<string> said, OutputSection? section = null)
    {
        pictures.Add(sandbox, picture.Sent);
        var space = picture.Sent.IsWhole ? picture.Sent : reference;
        var text = new ResultText();
        foreach (var sentence in said)
        {
            text.Say(sentence);
        }

        if (section is not null)
        {
            text.Show(section);
        }

        foreach (var notice in seen.Result.Notices ?? [])
        {
            text.Say(OutputText.Line(notice));
        }

        text.Say(Where(seen.Result, space)).Say(Describe(picture.Sent, reference)).Say(sandbox.Note).Say($"(sandbox {sandbox.Id})");
        return Results.WithPictures(text.ToString(), [new ImageContentBlock { Data = Encoding.ASCII.GetBytes(picture.Base64), MimeType = picture.MediaType }]);
    }

    private static string Verdict(SeenScreen seen, ComputerPlan plan, SentPicture? space)
    {
        var result = seen.Result;
        if (result.Refused is { } refusal)
        {
            // The engine counts its own actions, of which one of ours may be several.
            var step = plan.StepOf(result.Done);
            var why = refusal.StartsWith("Action ", StringComparison.Ordinal) && refusal.IndexOf(": ", StringComparison.Ordinal) is > 0 and var end ? refusal[(end + 2)..] : refusal;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"Refused: action {step + 1} of {plan.Said.Count}, {plan.Said[step]}. {OutputText.Line(why)} Before it was done: {List(plan.Said.Take(step))}; the picture shows what came of it.");
        }

        var done = List(plan.Said);
        if (plan.Actions is [])
        {
            return $"Shown: {done}.";
        }

        if (seen.IsPlain)
        {
            return $"Done: {done}. This service tells neither what changed nor whether the screen has settled: compare the pictures, and take a screenshot if something is still on its way.";
        }

        var settled = result.Settled
            ? string.Create(CultureInfo.InvariantCulture, $"Settled after {result.SettleMs:0} ms.")
            : string.Create(
                CultureInfo.InvariantCulture,
                $"The screen still changes, {result.SettleMs:0} ms later: a film or an animation, or something that loads. The picture is of one moment; use wait for a later one.");
        return result is { Changed: true, ChangedRegions: not { Count: > 0 } }
            ? $"Changed: {done}. {settled} Another window or page is active; no pixel differs yet. Use wait to see it."
            : result.Changed
            ? $"Changed: {done}. {settled} Regions that changed (x,y width x height): {Regions(result.ChangedRegions ?? [], space)}."
            : $"Nothing visible happened: {done}. No pixel differs from before. {(result.Settled ? "Check the point and the window that has the keyboard, or use wait if it takes longer." : settled)}";
    }

    private static string Where(ActResult result, SentPicture? space)
    {
        var pointer = result.Pointer is { } at ? $"Pointer at {Place(at.X, at.Y, space)}. " : "";
        var window = result.ActiveWindow is { } active ? $"Active window: \"{OutputText.Line(active.Title ?? "", MostTitle)}\" (window_id {OutputText.Line(active.Id, 20)})." : "No window is active.";
        return pointer + window;
    }

    private static string Describe(SentPicture picture, SentPicture? reference)
    {
        var size = string.Create(CultureInfo.InvariantCulture, $"Picture {picture.Id}: {picture.Width}x{picture.Height}");
        if (picture.IsWhole)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{size}, the whole screen{(picture.Scale < 1 ? $" of {picture.ScreenWidth}x{picture.ScreenHeight}" : "")} at scale {picture.Scale:0.###}. Give coordinates as pixels of this picture.");
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{size}, a part of the screen at scale {picture.Scale:0.###}{(picture.Scale is 1 ? " (native pixels)" : "")}. Coordinates stay those of {reference?.Id ?? "the last picture of the whole screen"}; to give some of this picture, pass picture_id {picture.Id}.");
    }

    private static string Regions(IReadOnlyList<ScreenRegion> regions, SentPicture? space)
    {
        var shown = regions.Take(MostRegions).Select(region => string.Create(
            CultureInfo.InvariantCulture, $"{Place(region.X, region.Y, space)} {space?.LengthFromScreen(region.Width) ?? region.Width}x{space?.LengthFromScreen(region.Height) ?? region.Height}"));
        return string.Join("; ", shown) + (regions.Count > MostRegions ? $"; and {regions.Count - MostRegions} more" : "");
    }

    private static string Place(int x, int y, SentPicture? space)
    {
        var (left, top) = space?.FromScreen(x, y) ?? (x, y);
        return string.Create(CultureInfo.InvariantCulture, $"{left},{top}");
    }

    private static string List(IEnumerable<string> steps) => OutputText.Line(string.Join("; ", steps), 600);

    private ReceivedPicture Read(SeenScreen seen, SentPicture? reference, IReadOnlyList<PictureMark>? marks)
    {
        var shot = seen.Result.Screenshot ?? throw new HopxException(HopxErrorCode.InternalError, "The service sent no picture.");
        var base64 = shot.Image is { Length: > 0 } image ? image : Convert.ToBase64String(shot.Bytes);
        if (base64.Length / 4L * 3 > options.Value.MaxScreenBytes + 2)
        {
            throw new HopxException(
                HopxErrorCode.PayloadTooLarge,
                $"The picture has {base64.Length / 4L * 3} bytes; at most {options.Value.MaxScreenBytes} can be shown, and this service cannot make it smaller. Take a screenshot of a region.");
        }

        var (type, width, height) = Recognize(base64, shot);
        var isWhole = shot is { SourceX: 0, SourceY: 0 } && (shot.SourceWidth is 0 || (shot.SourceWidth, shot.SourceHeight) == (seen.Result.ScreenWidth, seen.Result.ScreenHeight));
        var sent = new SentPicture
        {
            Id = SentPictures.NewId(),
            ScreenWidth = seen.Result.ScreenWidth > 0 ? seen.Result.ScreenWidth : reference?.ScreenWidth ?? width,
            ScreenHeight = seen.Result.ScreenHeight > 0 ? seen.Result.ScreenHeight : reference?.ScreenHeight ?? height,
            SourceX = shot.SourceX,
            SourceY = shot.SourceY,
            SourceWidth = shot.SourceWidth > 0 ? shot.SourceWidth : isWhole && seen.Result.ScreenWidth > 0 ? seen.Result.ScreenWidth : width,
            SourceHeight = shot.SourceHeight > 0 ? shot.SourceHeight : isWhole && seen.Result.ScreenHeight > 0 ? seen.Result.ScreenHeight : height,
            Width = width,
            Height = height,
            Marks = marks,
        };
        return new ReceivedPicture(sent, base64, type);
    }

    // The sandbox made it, so its word for what it is does not count.
    private static (string Type, int Width, int Height) Recognize(string base64, Screenshot shot)
    {
        var start = new byte[24];
        var length = base64.Length >= 32 && Convert.TryFromBase64Chars(base64.AsSpan(0, 32), start, out var written) ? written : 0;
        ReadOnlySpan<byte> bytes = start.AsSpan(0, length);
        var type = bytes.StartsWith(PngSignature) ? "image/png"
            : bytes.StartsWith<byte>([0xff, 0xd8, 0xff]) ? "image/jpeg"
            : bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8) ? "image/webp"
            : throw new HopxException(HopxErrorCode.InternalError, "The service sent a picture that is neither PNG, JPEG nor WebP.");
        var (width, height) = type is "image/png" ? (BinaryPrimitives.ReadInt32BigEndian(bytes[16..]), BinaryPrimitives.ReadInt32BigEndian(bytes[20..])) : (shot.Width, shot.Height);
        return width > 0 && height > 0 ? (type, width, height) : throw new HopxException(HopxErrorCode.InternalError, "The service sent a picture without saying how large it is.");
    }

    private sealed record ReceivedPicture(SentPicture Sent, string Base64, string MediaType);
}
