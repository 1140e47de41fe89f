using System.Globalization;

namespace Hopx.Client;

/// <summary>Terminals with a shell in the sandbox.</summary>
public sealed class TerminalClient
{
    private readonly AgentHttp _http;

    internal TerminalClient(AgentHttp http) => _http = http;

    /// <summary>Opens a terminal, or connects again to one that was kept.</summary>
    public async Task<TerminalConnection> ConnectAsync(TerminalRequest? request = null, CancellationToken cancellationToken = default)
    {
        var path = QueryString.Append(
            "terminal",
            ("cols", QueryString.Number(request?.Cols)),
            ("rows", QueryString.Number(request?.Rows)),
            ("keep", request?.Keep?.TotalSeconds.ToString(CultureInfo.InvariantCulture)),
            ("id", request?.Id));
        var socket = await _http.ConnectAsync(path, cancellationToken).ConfigureAwait(false);
        return new TerminalConnection(socket, socket.ReadHeader(TerminalConnection.IdHeader));
    }
}
