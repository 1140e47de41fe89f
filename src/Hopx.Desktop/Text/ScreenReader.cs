using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Reads text from pictures of the screen with tesseract, and finds words in it.</summary>
internal sealed partial class ScreenReader(DesktopSupervisor desktop, TimeProvider time) : IDisposable
{
    private const string DefaultLanguage = "eng";
    private const int Enlargement = 2;
    private const int MostOutputBytes = 8 * 1024 * 1024;
    private const double LeastConfidence = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(300);

    private readonly SemaphoreSlim _one = new(1, 1);

    public async Task<OcrResult> ReadAsync(OcrRequest? request, CancellationToken cancellationToken)
    {
        var session = await desktop.GetAsync(cancellationToken);
        Region? region = RegionOf(request?.X, request?.Y, request?.Width, request?.Height);
        var words = await ReadAsync(session, region, request?.Language, cancellationToken);
        return new OcrResult { Text = Join(words), Words = [.. words.Select(word => word.Element)] };
    }

    public async Task<FoundElement> FindAsync(FindTextRequest? request, CancellationToken cancellationToken)
    {
        var text = Wanted(request);
        var session = await desktop.GetAsync(cancellationToken);
        return Answer(Match(await ReadAsync(session, null, request?.Language, cancellationToken), text));
    }

    /// <summary>Reads again whenever the screen has changed.</summary>
    public async Task<FoundElement> WaitAsync(FindTextRequest? request, CancellationToken cancellationToken)
    {
        var text = Wanted(request);
        var most = TimeSpan.FromSeconds(Math.Clamp(request?.Timeout ?? 30, 0, MostWait.TotalSeconds));
        var started = time.GetTimestamp();
        while (true)
        {
            var session = await desktop.GetAsync(cancellationToken);
            var change = Task.WhenAny(session.Screen.Damage.Next, session.X.Lost);
            if (Match(await ReadAsync(session, null, request?.Language, cancellationToken), text) is { Count: > 0 } found)
            {
                return Answer(found);
            }

            if (!await Pulse.WithinAsync(change, most - time.GetElapsedTime(started), time, cancellationToken))
            {
                throw new HopxException(
                    HopxErrorCode.ExecutionTimeout,
                    $"The text '{Short(text)}' did not appear on the screen within {most.TotalSeconds:0.#} s. Take a screenshot to see what is there, or wait longer.");
            }
        }
    }

    public async Task<ScreenElement> BoundsAsync(FindTextRequest? request, CancellationToken cancellationToken)
    {
        var found = await FindAsync(request, cancellationToken);
        return found.Element
            ?? throw new HopxException(HopxErrorCode.ResourceNotFound, $"The text '{Short(request?.Text ?? "")}' is not to be seen on the screen. Take a screenshot to see what is there.");
    }

    public void Dispose() => _one.Dispose();

    public static Region? RegionOf(int? x, int? y, int? width, int? height)
    {
        if (x is null && y is null && width is null && height is null)
        {
            return null;
        }

        return (width, height) is ( > 0, > 0)
            ? new Region(Math.Clamp(x ?? 0, -32_768, 32_767), Math.Clamp(y ?? 0, -32_768, 32_767), Math.Min(width.Value, 32_767), Math.Min(height.Value, 32_767))
            : throw new HopxException(HopxErrorCode.InvalidRequest, $"A region of {width?.ToString(CultureInfo.InvariantCulture) ?? "no"} by {height?.ToString(CultureInfo.InvariantCulture) ?? "no"} pixels holds nothing. Give 'width' and 'height' of at least 1.");
    }

    private static string Wanted(FindTextRequest? request) => request?.Text?.Trim() is { Length: > 0 } text
        ? text
        : throw new HopxException(HopxErrorCode.MissingParameter, "'text' is missing. Give the text to look for.");

    private static string Short(string text) => text.Length > 80 ? $"{text[..80]}…" : text;

    private static FoundElement Answer(List<ScreenElement> found) => new() { Element = found.FirstOrDefault(), Found = found.Count > 0, Elements = found };

    private async Task<List<Word>> ReadAsync(DesktopSession session, Region? region, string? language, CancellationToken cancellationToken)
    {
        language = string.IsNullOrEmpty(language) ? DefaultLanguage : language;
        if (!LanguageName().IsMatch(language))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'{Short(language)}' is no language of tesseract. Use a name such as eng.");
        }

        await _one.WaitAsync(cancellationToken);
        try
        {
            byte[] png;
            int left, top;
            using (var frame = session.Screen.Capture(region))
            {
                (left, top) = (Math.Max(0, region?.X ?? 0), Math.Max(0, region?.Y ?? 0));
                // Letters of a screen are small for a reader of scanned paper.
                png = PngWriter.WriteGrey(FrameScaler.EnlargeGrey(frame, Enlargement), frame.Width * Enlargement, frame.Height * Enlargement);
            }

            return Parse(await RunAsync(png, language, cancellationToken), left, top);
        }
        finally
        {
            _one.Release();
        }
    }

    private static async Task<string> RunAsync(byte[] png, string language, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(Patience);
        // Sparse text: a screen is no page with columns.
        var start = new ProcessStartInfo("tesseract", ["stdin", "stdout", "-l", language, "--psm", "11", "--dpi", "150", "tsv"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["OMP_THREAD_LIMIT"] = "1";
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            throw new HopxException(HopxErrorCode.DesktopNotAvailable, $"tesseract cannot be started: {missing.Message}. The template needs the package tesseract-ocr.", missing);
        }

        using (process)
        {
            try
            {
                var errors = ReadBoundedAsync(process.StandardError, over.Token);
                var output = ReadBoundedAsync(process.StandardOutput, over.Token);
                await process.StandardInput.BaseStream.WriteAsync(png, over.Token);
                process.StandardInput.Close();
                var text = await output;
                await process.WaitForExitAsync(over.Token);
                return process.ExitCode == 0
                    ? text
                    : throw new HopxException(HopxErrorCode.InvalidRequest, $"The picture could not be read in the language '{language}': {Short((await errors).Trim().ReplaceLineEndings(" "))}");
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new HopxException(HopxErrorCode.ExecutionTimeout, $"Reading the screen took longer than {Patience.TotalSeconds:0} s. Read a smaller region.");
            }
            catch (IOException)
            {
                throw new HopxException(HopxErrorCode.InvalidRequest, $"The picture could not be read in the language '{language}'. Is it installed in the template?");
            }
            finally
            {
                if (!process.HasExited)
                {
                    process.Kill();
                }
            }
        }
    }

    private static async Task<string> ReadBoundedAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[16 * 1024];
        while (await reader.ReadAsync(buffer.AsMemory(), cancellationToken) is var read and > 0)
        {
            if (text.Length < MostOutputBytes)
            {
                text.Append(buffer, 0, read);
            }
        }

        return text.ToString();
    }

    // level page block paragraph line word left top width height confidence text
    private static List<Word> Parse(string table, int left, int top)
    {
        var words = new List<Word>();
        foreach (var line in table.Split('\n'))
        {
            var columns = line.TrimEnd('\r').Split('\t');
            if (columns.Length < 12 || columns[0] != "5" || string.IsNullOrWhiteSpace(columns[11])
                || !double.TryParse(columns[10], CultureInfo.InvariantCulture, out var confidence) || confidence < LeastConfidence)
            {
                continue;
            }

            words.Add(new Word(
                $"{columns[2]}.{columns[3]}.{columns[4]}",
                new ScreenElement
                {
                    X = left + (Number(columns[6]) / Enlargement),
                    Y = top + (Number(columns[7]) / Enlargement),
                    Width = Math.Max(1, Number(columns[8]) / Enlargement),
                    Height = Math.Max(1, Number(columns[9]) / Enlargement),
                    Text = columns[11].Trim(),
                    Confidence = Math.Round(confidence, 1),
                }));
        }

        return words;

        static int Number(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    // Lines as the eye sees them: from top to bottom, each from left to right.
    private static string Join(List<Word> words) =>
        string.Join('\n', words.GroupBy(word => word.Line).OrderBy(line => line.Min(word => word.Element.Y))
            .Select(line => string.Join(' ', line.OrderBy(word => word.Element.X).Select(word => word.Element.Text))));

    // Sentences may run over words of one line; exact words are better than parts of words.
    private static List<ScreenElement> Match(List<Word> words, string text)
    {
        var wanted = Plain(text);
        var found = new List<(ScreenElement Element, bool IsExact)>();
        foreach (var line in words.GroupBy(word => word.Line))
        {
            var inLine = line.OrderBy(word => word.Element.X).Select(word => word.Element).ToArray();
            for (var from = 0; from < inLine.Length; from++)
            {
                var sum = "";
                for (var to = from; to < inLine.Length && sum.Length < wanted.Length; to++)
                {
                    sum += Plain(inLine[to].Text!);
                    if (sum.Contains(wanted, StringComparison.Ordinal) && (from == to || !Plain(string.Concat(inLine[(from + 1)..(to + 1)].Select(word => word.Text))).Contains(wanted, StringComparison.Ordinal)))
                    {
                        found.Add((Around(inLine.AsSpan(from..(to + 1))), sum == wanted));
                    }
                }
            }
        }

        return [.. found.OrderByDescending(match => match.IsExact).ThenByDescending(match => match.Element.Confidence).Select(match => match.Element)];
    }

    private static ScreenElement Around(ReadOnlySpan<ScreenElement> words)
    {
        var region = new Region(words[0].X, words[0].Y, words[0].Width, words[0].Height);
        var confidence = 0.0;
        var text = new StringBuilder();
        foreach (var word in words)
        {
            region = region.Union(new Region(word.X, word.Y, word.Width, word.Height));
            confidence += word.Confidence ?? 0;
            text.Append(text.Length > 0 ? " " : "").Append(word.Text);
        }

        return new ScreenElement
        {
            X = region.X,
            Y = region.Y,
            Width = region.Width,
            Height = region.Height,
            Text = text.ToString(),
            Confidence = Math.Round(confidence / words.Length, 1),
        };
    }

    private static string Plain(string text) => string.Concat(text.Where(char.IsLetterOrDigit)) is { Length: > 0 } plain ? plain.ToLowerInvariant() : text.Trim();

    [GeneratedRegex("^[A-Za-z_]{2,20}(\\+[A-Za-z_]{2,20}){0,4}$")]
    private static partial Regex LanguageName();

    private sealed record Word(string Line, ScreenElement Element);
}
