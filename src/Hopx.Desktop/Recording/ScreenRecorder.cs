using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Desktop;

/// <summary>Records the screen with ffmpeg, one video at a time.</summary>
internal sealed class ScreenRecorder(IOptions<DesktopOptions> options, DesktopSupervisor desktop, DesktopLog log, TimeProvider time) : IDisposable
{
    private const long DefaultMostBytes = 1024L * 1024 * 1024;
    private const int MostKept = 100;

    // Enough to write the end of a video; then it is killed and the video has none.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly List<RunningRecording> _recordings = [];

    public async Task<Hopx.Client.Recording> StartAsync(RecordingRequest? request, CancellationToken cancellationToken)
    {
        var plan = Check(request ?? new());
        var session = await desktop.GetAsync(cancellationToken);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_recordings.LastOrDefault() is { IsRunning: true } running)
            {
                throw new HopxException(HopxErrorCode.Conflict, $"The screen is being recorded already, as {running.Id}. Stop that recording first.");
            }

            var (width, height) = session.X.ScreenSize();
            var recording = RunningRecording.Start(plan, width, height, options.Value.DisplayName, desktop.ProgramEnvironment, log, time);
            _recordings.Add(recording);
            if (_recordings.Count > MostKept)
            {
                _recordings.RemoveAt(0);
            }

            await recording.StartedAsync(StartPatience, cancellationToken);
            return recording.Describe();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async Task<Hopx.Client.Recording> StopAsync(string? id, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var recording = Find(id);
            await recording.StopAsync(StopPatience, cancellationToken);
            return recording.Describe();
        }
        finally
        {
            _gate.Release();
        }
    }

    public Hopx.Client.Recording Get(string? id) => Find(id).Describe();

    /// <summary>Path of the finished video.</summary>
    public string PathOf(string? id)
    {
        var recording = Find(id);
        return recording.IsRunning
            ? throw new HopxException(HopxErrorCode.Conflict, $"Recording {recording.Id} still runs. Stop it, then download it.")
            : File.Exists(recording.FilePath)
            ? recording.FilePath
            : throw new HopxException(HopxErrorCode.FileNotFound, $"The video '{recording.FilePath}' of recording {recording.Id} is gone.") { Path = recording.FilePath };
    }

    public void Dispose()
    {
        foreach (var recording in _recordings)
        {
            recording.Dispose();
        }

        _gate.Dispose();
    }

    private RunningRecording Find(string? id) => string.IsNullOrEmpty(id)
        ? _recordings.LastOrDefault() ?? throw new HopxException(HopxErrorCode.ResourceNotFound, "Nothing has been recorded yet. Start a recording first.")
        : _recordings.FirstOrDefault(recording => recording.Id == id)
            ?? throw new HopxException(HopxErrorCode.ResourceNotFound, $"There is no recording '{(id.Length > 40 ? id[..40] : id)}'. Use the recording_id of the answer to its start.");

    private RecordingPlan Check(RecordingRequest request)
    {
        var format = request.Format?.ToLowerInvariant() switch
        {
            null or "" => request.OutputFile?.EndsWith(".webm", StringComparison.OrdinalIgnoreCase) is true ? "webm" : "mp4",
            "mp4" => "mp4",
            "webm" => "webm",
            _ => throw new HopxException(HopxErrorCode.InvalidRequest, $"The video format '{request.Format}' is unknown. Use mp4 or webm."),
        };
        if (request.Fps is < 1 or > 60)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'fps' is {request.Fps}; it must be from 1 to 60.");
        }

        var quality = request.Quality?.ToLowerInvariant() switch
        {
            "low" => 34,
            null or "" or "medium" => 28,
            "high" => 20,
            _ => throw new HopxException(HopxErrorCode.InvalidRequest, $"The quality '{request.Quality}' is unknown. Use low, medium or high."),
        };
        if (request.MaxBytes is < 64 * 1024)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'max_bytes' is {request.MaxBytes}; a video needs at least {64 * 1024}.");
        }

        var id = $"rec_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";
        var path = string.IsNullOrEmpty(request.OutputFile) ? Path.Combine(options.Value.Recordings, $"{id}.{format}") : Path.GetFullPath(request.OutputFile, "/workspace");
        if (path.Contains('\0', StringComparison.Ordinal) || Directory.Exists(path))
        {
            throw new HopxException(HopxErrorCode.InvalidPath, $"The video cannot be written to '{request.OutputFile}'. Name a file.") { Path = request.OutputFile };
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new HopxException(HopxErrorCode.PermissionDenied, $"The video cannot be written to '{path}': {refused.Message} Name a file under /workspace or /tmp.", refused) { Path = path };
        }

        return new RecordingPlan(id, path, format, request.Fps ?? 10, quality, request.MaxBytes ?? DefaultMostBytes);
    }
}

/// <summary>What is to be recorded, and where to.</summary>
internal sealed record RecordingPlan(string Id, string FilePath, string Format, int Fps, int Quality, long MostBytes);

/// <summary>One video, while it is made and afterwards.</summary>
internal sealed class RunningRecording : IDisposable
{
    private const int TailLines = 5;

    private readonly Process _process;
    private readonly RecordingPlan _plan;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _start;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> _tail = [];
    private DateTimeOffset? _end;
    private bool _isStopWanted;
    private int _exitCode;

    private RunningRecording(Process process, RecordingPlan plan, TimeProvider time)
    {
        _process = process;
        _plan = plan;
        _time = time;
        _start = time.GetUtcNow();
    }

    public string Id => _plan.Id;

    public string FilePath => _plan.FilePath;

    public bool IsRunning => !_ended.Task.IsCompleted;

    public static RunningRecording Start(
        RecordingPlan plan, int width, int height, string display, IReadOnlyDictionary<string, string> environment, DesktopLog log, TimeProvider time)
    {
        string[] codec = plan.Format == "webm"
            ? ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-crf", Text(plan.Quality), "-b:v", "4M"]
            : ["-c:v", "libx264", "-preset", "ultrafast", "-crf", Text(plan.Quality), "-pix_fmt", "yuv420p", "-movflags", "+faststart"];
        string[] arguments =
        [
            "-hide_banner", "-loglevel", "warning", "-nostats", "-progress", "pipe:1", "-y", "-f", "x11grab", "-framerate", Text(plan.Fps),
            // Both codecs want even numbers.
            "-video_size", $"{Text(width & ~1)}x{Text(height & ~1)}", "-i", display, "-threads", "2", .. codec, "-fs", plan.MostBytes.ToString(CultureInfo.InvariantCulture), plan.FilePath,
        ];
        var start = new ProcessStartInfo("ffmpeg", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var recording = new RunningRecording(process, plan, time);
        process.OutputDataReceived += (_, line) => recording.OnProgress(line.Data);
        process.ErrorDataReceived += (_, line) => recording.OnComplaint(line.Data, log);
        process.Exited += (_, _) => recording.OnExit();
        try
        {
            process.Start();
        }
        catch (Win32Exception missing)
        {
            process.Dispose();
            throw new HopxException(HopxErrorCode.DesktopNotAvailable, $"ffmpeg cannot be started: {missing.Message}. The template needs the package ffmpeg for recordings.", missing);
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return recording;
    }

    /// <summary>Waits until the first picture is taken.</summary>
    public async Task StartedAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await Pulse.WithinAsync(Task.WhenAny(_begun.Task, _ended.Task), patience, _time, cancellationToken);
        if (!IsRunning)
        {
            throw new HopxException(HopxErrorCode.Conflict, $"The recording ended at once: {Complaint()}");
        }
    }

    public async Task StopAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!IsRunning)
        {
            return;
        }

        _isStopWanted = true;
        try
        {
            await _process.StandardInput.WriteAsync("q".AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It has ended by itself.
        }

        if (!await Pulse.WithinAsync(_ended.Task, patience, _time, cancellationToken))
        {
            _process.Kill();
            await _ended.Task.WaitAsync(cancellationToken);
        }
    }

    public Hopx.Client.Recording Describe()
    {
        var file = new FileInfo(FilePath);
        // At its size limit ffmpeg ends well by itself.
        var isFailed = !IsRunning && (_exitCode != 0 || !file.Exists || file.Length == 0);
        var end = _end ?? _time.GetUtcNow();
        return new Hopx.Client.Recording
        {
            RecordingId = Id,
            Status = IsRunning ? RecordingStatus.Recording : isFailed ? RecordingStatus.Failed : RecordingStatus.Stopped,
            IsRecording = IsRunning,
            Duration = Math.Round((end - _start).TotalSeconds, 3),
            FileSize = file.Exists ? file.Length : 0,
            Format = _plan.Format,
            FilePath = FilePath,
            OutputFile = FilePath,
            StartTime = _start,
            EndTime = _end,
            Message = isFailed ? Complaint() : !IsRunning && !_isStopWanted ? $"It ended by itself at {_plan.MostBytes} bytes, which is its limit." : null,
        };
    }

    public void Dispose()
    {
        if (IsRunning)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private void OnProgress(string? line)
    {
        if (line?.StartsWith("frame=", StringComparison.Ordinal) is true)
        {
            _begun.TrySetResult();
        }
    }

    private void OnComplaint(string? line, DesktopLog log)
    {
        if (string.IsNullOrWhiteSpace(line))
        {
            return;
        }

        log.Add("ffmpeg", line);
        lock (_tail)
        {
            _tail.Enqueue(line.Length > 300 ? line[..300] : line);
            if (_tail.Count > TailLines)
            {
                _tail.Dequeue();
            }
        }
    }

    private void OnExit()
    {
        _exitCode = _process.ExitCode;
        _end = _time.GetUtcNow();
        _ended.TrySetResult();
    }

    private string Complaint()
    {
        lock (_tail)
        {
            return _tail.Count > 0 ? string.Join(' ', _tail) : $"ffmpeg ended with exit code {_exitCode}.";
        }
    }
}
