using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Program;

/// <summary>One HTTP server for all tests of a class.</summary>
public class ServedProgram(PreparedMachine machine) : HopxProgram(machine)
{
    internal HttpServer Server { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Server = await ServeAsync();
    }
}
