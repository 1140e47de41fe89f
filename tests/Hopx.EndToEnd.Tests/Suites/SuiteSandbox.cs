using System.Diagnostics;
using System.Globalization;
using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Suites;

/// <summary>A sandbox for the tests of others, which <c>fetch.sh</c> has brought to this machine.</summary>
public sealed class SuiteSandbox(PreparedMachine machine) : HopxProgram(machine)
{
    private HopxClient? _client;
    private string _id = "";

    /// <summary>
    /// <c>HOPX_TEST_SUITES_EVERY</c>: one of so many is run, always the same ones. From 1, which is all and the default, to 100.
    /// </summary>
    public static int Every { get; } = Environment.GetEnvironmentVariable("HOPX_TEST_SUITES_EVERY") is { Length: > 0 } text
        ? int.TryParse(text, CultureInfo.InvariantCulture, out var every) && every is >= 1 and <= 100
            ? every
            : throw new InvalidOperationException($"HOPX_TEST_SUITES_EVERY is '{text}'; it must be a number from 1 (run all) to 100.")
        : 1;

    public AgentClient Agent => _client!.Agent(_id);

    /// <summary>The share that is to be run.</summary>
    public static List<T> Share<T>(IEnumerable<T> all) => [.. all.Where((_, i) => i % Every == 0)];

    /// <summary>Where the files of a package are, or null.</summary>
    public static string? Find(string package)
    {
        var root = Environment.GetEnvironmentVariable("HOPX_TEST_SUITES") is { Length: > 0 } named
            ? named
            : Path.Combine(
                Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
                "hopx-test-suites");
        var directory = Path.Combine(root, package);
        return Directory.Exists(directory) ? directory : null;
    }

    /// <summary>Makes the sandbox, with that directory's files in its root.</summary>
    public async Task OpenAsync(string directory, string files)
    {
        if (_client is not null)
        {
            return;
        }

        _client = await (await ServeAsync()).CreateClientAsync();
        _id = (await _client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "code-interpreter", TimeoutSeconds = 3600 }, Patience.Token)).Id;
        var archive = Path.GetTempFileName();
        try
        {
            using (var tar = Process.Start("tar", ["-C", directory, "-cf", archive, files]))
            {
                await tar.WaitForExitAsync(Patience.Token);
                Assert.Equal(0, tar.ExitCode);
            }

            await using var content = File.OpenRead(archive);
            await Agent.Files.UploadAsync("/tmp/suite.tar", content, Patience.Token);
        }
        finally
        {
            File.Delete(archive);
        }

        var unpacked = await Agent.Commands.RunAsync(new CommandRequest { Command = "tar -C / -xf /tmp/suite.tar && rm /tmp/suite.tar", Timeout = 120 }, Patience.Token);
        Assert.True(unpacked.Success, unpacked.Stderr);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.Sandboxes.DeleteAsync(_id, CancellationToken.None);
            _client.Dispose();
        }

        await base.DisposeAsync();
    }
}
