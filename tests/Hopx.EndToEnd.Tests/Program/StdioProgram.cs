using Hopx.Testing;
using ModelContextProtocol.Client;

namespace Hopx.EndToEnd.Tests.Program;

/// <summary>One stdio server for all tests of a class.</summary>
public sealed class StdioProgram(PreparedMachine machine) : HopxProgram(machine)
{
    internal StdioServer Server { get; private set; } = null!;

    internal McpClient Client => Server.Client;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Server = await StartStdioAsync();
    }
}
