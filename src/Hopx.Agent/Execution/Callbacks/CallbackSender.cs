using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Posts the result of a run to the address that its caller named. Failing to is silent but for the log, which sees neither address nor secret.</summary>
internal sealed partial class CallbackSender : IDisposable
{
    private const int BackoffFactor = 4;
    private const int MaxAnswerHeadersKib = 32;

    private readonly CallbackOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<CallbackSender> _logger;
    private readonly CallbackProxy _proxy;
    private readonly Lazy<HttpClient> _http;

    public CallbackSender(IOptions<CallbackOptions> options, TimeProvider time, ILogger<CallbackSender> logger)
    {
        _options = options.Value;
        _time = time;
        _logger = logger;
        _proxy = new CallbackProxy(_options.Proxy is { } proxy ? new WebProxy(proxy) : HttpClient.DefaultProxy);
        _http = new Lazy<HttpClient>(() => new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            Proxy = _proxy,
            MaxResponseHeadersLength = MaxAnswerHeadersKib,
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = ConnectAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        });
    }

    public async Task SendAsync(Callback callback, AsyncExecutionResult result, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(result, HopxJson.Default.AsyncExecutionResult);
        var wait = _options.FirstWait;
        for (var attempt = 1; ; attempt++)
        {
            var failure = await TryAsync(callback, body, cancellationToken);
            if (failure is null)
            {
                return;
            }

            LogNotDelivered(result.ExecutionId, attempt, _options.MaxTries, failure);
            if (attempt == _options.MaxTries)
            {
                return;
            }

            await Task.Delay(wait, _time, cancellationToken);
            wait *= BackoffFactor;
        }
    }

    public void Dispose()
    {
        if (_http.IsValueCreated)
        {
            _http.Value.Dispose();
        }
    }

    /// <returns>Null once it has arrived, or why it has not.</returns>
    private async Task<string?> TryAsync(Callback callback, byte[] body, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_options.TryTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        using var request = MakeRequest(callback, body);
        try
        {
            using var response = await _http.Value.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            return response.IsSuccessStatusCode ? null : $"status {(int)response.StatusCode}";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "no answer in time";
        }
        catch (HttpRequestException failure)
        {
            return failure.InnerException is HopxException refused ? refused.Message : failure.HttpRequestError.ToString();
        }
    }

    private HttpRequestMessage MakeRequest(Callback callback, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, callback.Url) { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in callback.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("X-HOPX-Timestamp", timestamp);
        if (callback.Secret is { } secret)
        {
            byte[] signed = [.. Encoding.ASCII.GetBytes(timestamp), .. body];
            request.Headers.Add("X-HOPX-Signature", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), signed)));
        }

        return request;
    }

    // Checked here and not before: between a check and a connect a name may get another address.
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var target = context.DnsEndPoint;
        var isProxy = _proxy.Is(target);
        var addresses = IPAddress.TryParse(target.Host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(target.Host, cancellationToken);
        var allowed = addresses.Where(address => isProxy || _options.AllowPrivateTargets || PublicAddresses.Includes(address)).ToArray();
        if (allowed.Length == 0)
        {
            throw new HopxException(HopxErrorCode.PermissionDenied, "the address is one of this machine or of a private network, which the settings do not allow");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The result of {ExecutionId} was not delivered (try {Attempt} of {MaxTries}): {Reason}")]
    private partial void LogNotDelivered(string executionId, int attempt, int maxTries, string reason);
}
