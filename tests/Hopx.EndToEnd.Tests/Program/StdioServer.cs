using System.Diagnostics;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Hopx.EndToEnd.Tests.Program;

/// <summary>A <c>hopx-mcp stdio</c> and the MCP client at the other end of its pipes.</summary>
internal sealed class StdioServer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ProtocolStream _output;
    private readonly Task<string> _errors;
    private bool _isDisposed;

    private StdioServer(Process process)
    {
        _process = process;
        _output = new ProtocolStream(process.StandardOutput.BaseStream);
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
    }

    public McpClient Client { get; private set; } = null!;

    public int ProcessId => _process.Id;

    public static async Task<StdioServer> ConnectAsync(Process process)
    {
        var server = new StdioServer(process);
        try
        {
            server.Client = await McpClient.CreateAsync(
                new StreamClientTransport(process.StandardInput.BaseStream, server._output), cancellationToken: Patience.Token);
            return server;
        }
        catch
        {
            process.Kill();
            throw;
        }
    }

    /// <summary>Ends the server so that it can say goodbye to nobody.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Patience.Token);
    }

    /// <summary>Ends the server as a client does, and returns what it had written to stderr.</summary>
    public async Task<string> CloseAsync()
    {
        await Client.DisposeAsync();
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(Patience.Token);
        return await _errors;
    }

    /// <summary>A test may do it first, and its program then once more.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        try
        {
            await CloseAsync();
            // Whatever a test is about: stdout belongs to the protocol.
            Assert.Empty(_output.ForeignLines);
        }
        finally
        {
            _process.Kill();
            _process.Dispose();
        }
    }
}
