using System.Globalization;

namespace Hopx.Client;

/// <summary>Runs that go on without their caller: what they wrote, what they wait for, their end.</summary>
/// <remarks>Listing and killing work with every HopX service; the rest needs an agent that keeps the output of jobs.</remarks>
public sealed class JobsClient
{
    private readonly AgentHttp _http;
    private readonly HopxClientOptions _options;

    internal JobsClient(AgentHttp http, HopxClientOptions options)
    {
        _http = http;
        _options = options;
    }

    /// <summary>All jobs, those that ended lately included.</summary>
    public async Task<IReadOnlyList<JobInfo>> ListAsync(CancellationToken cancellationToken = default) =>
        (await _http.SendAsync(HttpMethod.Get, "execute/processes", HopxJson.Default.ExecutionProcessList, cancellationToken).ConfigureAwait(false)).Processes;

    public Task<JobInfo> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, PathOf(id), HopxJson.Default.JobInfo, cancellationToken);

    /// <summary>A part of what it wrote.</summary>
    public Task<JobOutputPart> ReadOutputAsync(string id, JobOutputQuery? query = null, CancellationToken cancellationToken = default)
    {
        query ??= new JobOutputQuery();
        return _http.SendAsync(
            HttpMethod.Get,
            QueryString.Append(
                PathOf(id, "/output"),
                ("stream", QueryString.Name(query.Stream)),
                ("offset", query.Offset?.ToString(CultureInfo.InvariantCulture)),
                ("limit", QueryString.Number(query.Limit)),
                ("lines", QueryString.Number(query.Lines)),
                ("tail", QueryString.Number(query.Tail)),
                ("encoding", query.Binary ? "base64" : null)),
            HopxJson.Default.JobOutputPart,
            cancellationToken);
    }

    /// <summary>Waits until it has ended, waits for input, or the time is up.</summary>
    public Task<JobInfo> WaitAsync(string id, TimeSpan timeout, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Get,
        QueryString.Append(PathOf(id, "/wait"), ("timeout", timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture))),
        content: null,
        HopxJson.Default.JobInfo,
        timeout + _options.AnswerGrace,
        cancellationToken);

    /// <summary>Types into its standard input.</summary>
    public Task<JobInfo> WriteInputAsync(string id, string data, bool endOfInput = false, CancellationToken cancellationToken = default) =>
        SendInputAsync(id, new JobInputRequest { Data = data, Eof = endOfInput ? true : null }, cancellationToken);

    public Task<JobInfo> EndInputAsync(string id, CancellationToken cancellationToken = default) =>
        SendInputAsync(id, new JobInputRequest { Eof = true }, cancellationToken);

    /// <param name="id">The job.</param>
    /// <param name="signal">A name such as INT, or a number.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public Task<JobInfo> SignalAsync(string id, string signal, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Post,
        PathOf(id, "/signal"),
        new JobSignalRequest { Signal = signal },
        HopxJson.Default.JobSignalRequest,
        HopxJson.Default.JobInfo,
        _options.RequestTimeout,
        cancellationToken);

    /// <summary>Ends it with all that came from it; what it wrote stays.</summary>
    public Task<KillResult> KillAsync(string id, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Post, $"execute/kill/{Escape(id)}", content: null, HopxJson.Default.KillResult, _options.RequestTimeout, cancellationToken);

    /// <summary>Ends it and forgets what it wrote.</summary>
    public Task<KillResult> DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Delete, PathOf(id), HopxJson.Default.KillResult, cancellationToken);

    /// <summary>What ended code would have been answered with in the foreground: its result and all that it showed. The output is cut to what an answer takes.</summary>
    public Task<ExecutionResult> GetResultAsync(string id, CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, PathOf(id, "/result"), HopxJson.Default.ExecutionResult, cancellationToken);

    private Task<JobInfo> SendInputAsync(string id, JobInputRequest input, CancellationToken cancellationToken) => _http.SendAsync(
        HttpMethod.Post, PathOf(id, "/input"), input, HopxJson.Default.JobInputRequest, HopxJson.Default.JobInfo, _options.RequestTimeout, cancellationToken);

    private static string PathOf(string id, string rest = "") => $"jobs/{Escape(id)}{rest}";

    private static string Escape(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return Uri.EscapeDataString(id);
    }
}
