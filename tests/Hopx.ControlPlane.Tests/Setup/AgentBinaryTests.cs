using System.Buffers.Binary;
using Hopx.Client;
using Hopx.ControlPlane.Setup;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Tests.Setup;

public sealed class AgentBinaryTests : IDisposable
{
    private const uint Load = 1;
    private const uint Interpreter = 3;

    private readonly TemporaryHome _home = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string ProgramDirectory => Directory.CreateDirectory(Path.Combine(_home.Path, "program")).FullName;

    [Theory]
    [InlineData("/no/such/agent", "Could not find")]
    [InlineData("/etc/passwd", "not a 64-bit Linux program")]
    [InlineData("/bin/ls", "linked dynamically")]
    [InlineData("/", "denied")]
    public void A_configured_agent_that_cannot_be_used_is_named_with_its_fault(string path, string fault)
    {
        var failure = Assert.Throws<HopxException>(() => Agent(configured: path).Find());

        Assert.Equal(HopxErrorCode.InvalidConfiguration, failure.Code);
        Assert.Contains($"'{path}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(fault, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_agent_and_sources_the_user_is_told_where_to_put_one()
    {
        var failure = await Assert.ThrowsAsync<HopxException>(() => Agent().EnsureAsync(static _ => { }, Token));

        Assert.Equal(HopxErrorCode.MachineNotReady, failure.Code);
        Assert.Contains("HOPX_AGENT_PATH", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_managed_agent_beside_the_program_is_passed_over()
    {
        WriteProgram(Path.Combine(ProgramDirectory, AgentBinary.FileName), Interpreter);

        Assert.Null(Agent().Find());
    }

    [Fact]
    public async Task A_static_agent_beside_the_program_is_taken()
    {
        var path = Path.Combine(ProgramDirectory, AgentBinary.FileName);
        WriteProgram(path, Load);

        Assert.Equal(path, await Agent().EnsureAsync(static _ => { }, Token));
    }

    [Fact]
    public void An_agent_published_from_the_same_sources_is_taken_and_from_others_not()
    {
        var sources = Checkout();
        var published = Path.Combine(_home.Path, "agent", sources.ComputeHash(), AgentBinary.FileName);
        Directory.CreateDirectory(Path.GetDirectoryName(published)!);
        WriteProgram(published, Load);

        Assert.Equal(published, Agent(sources: sources).Find());
        File.AppendAllText(Path.Combine(sources.Root, "src", "Hopx.Client", "Client.cs"), "// changed");
        Assert.Null(Agent(sources: sources).Find());
    }

    [Fact]
    public void What_a_build_of_the_checkout_writes_changes_no_hash()
    {
        var sources = Checkout();
        var before = sources.ComputeHash();
        Directory.CreateDirectory(Path.Combine(sources.Root, "src", "Hopx.Agent", "obj"));
        File.WriteAllText(Path.Combine(sources.Root, "src", "Hopx.Agent", "obj", "x"), "");

        Assert.Equal(before, sources.ComputeHash());
    }

    [Fact]
    public void The_checkout_is_found_from_any_directory_in_it()
    {
        var sources = Checkout();

        Assert.Equal(sources, AgentSources.Above(Path.Combine(sources.Root, "src", "Hopx.Agent")));
        Assert.Null(AgentSources.Above(ProgramDirectory));
    }

    public void Dispose() => _home.Dispose();

    private AgentBinary Agent(string? configured = null, AgentSources? sources = null) => new(
        Options.Create(new ControlPlaneOptions { Home = _home.Path, AgentPath = configured }),
        new AgentSearch(ProgramDirectory, sources),
        new PackageInstaller(HostUser.Current()),
        TimeProvider.System,
        NullLogger<AgentBinary>.Instance);

    private AgentSources Checkout()
    {
        var root = Path.Combine(_home.Path, "checkout");
        foreach (var (path, text) in new[] { ("Hopx.Mcp.sln", ""), ("Directory.Build.props", "<Project />"), ("src/Hopx.Agent/Program.cs", "//"), ("src/Hopx.Client/Client.cs", "//") })
        {
            var file = Path.Combine(root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
        }

        return new AgentSources(root);
    }

    /// <summary>The beginning of a native program with one entry of the given kind.</summary>
    private static void WriteProgram(string path, uint entry)
    {
        var bytes = new byte[64 + 56];
        "\u007fELF\u0002\u0001"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(56), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(64), entry);
        File.WriteAllBytes(path, bytes);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }
}
