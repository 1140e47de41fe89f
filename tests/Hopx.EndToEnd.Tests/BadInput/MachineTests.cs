using System.Net;
using System.Net.Sockets;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.BadInput;

/// <summary>Machines and settings with which no sandbox can be made.</summary>
public sealed class MachineTests(PreparedMachine machine)
{
    [Fact]
    public async Task Without_an_OCI_runtime_the_answer_names_it_and_the_doctor()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var settings = new Dictionary<string, string> { ["HOPX_RUNTIME"] = "/nonexistent/runc" };
        var server = await program.StartStdioAsync(settings);

        var text = await server.Client.RefuseAsync("run_code", new { code = "1", conversation = "a" });
        var doctor = await program.RunAsync(["doctor"], settings);

        Assert.Contains("/nonexistent/runc", text, StringComparison.Ordinal);
        Assert.Contains("hopx-mcp doctor", text, StringComparison.Ordinal);
        Assert.NotEqual(0, doctor.ExitCode);
        Assert.Contains("/nonexistent/runc", doctor.Output, StringComparison.Ordinal);
        await StillAnswersAsync(program, server);
    }

    [Fact]
    public async Task Without_sub_ids_the_answer_names_them_and_the_set_up()
    {
        Assert.SkipUnless(Environment.UserName is "root", "Not root: only root can hide /etc/subuid from a program.");
        await using var program = await HopxProgram.CreateAsync(machine);
        var server = await program.StartStdioAsync(before: ["unshare", "--mount", "sh", "-c", "mount --bind /dev/null /etc/subuid && exec \"$@\"", "sh"]);

        var text = await server.Client.RefuseAsync("run_code", new { code = "1", conversation = "a" });

        Assert.Contains("/etc/subuid", text, StringComparison.Ordinal);
        Assert.Contains("hopx-mcp setup", text, StringComparison.Ordinal);
        await StillAnswersAsync(program, server);
    }

    [Fact]
    public async Task A_home_that_is_a_file_is_named_and_left_as_it_is()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var file = Path.Combine(program.Scratch, "file");
        await File.WriteAllTextAsync(file, "mine", Patience.Token);

        await RefusesHomeAsync(program, file);

        Assert.Equal("mine", await File.ReadAllTextAsync(file, Patience.Token));
    }

    [Fact]
    public async Task A_state_file_that_is_damaged_is_named_and_left_as_it_is()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var home = Directory.CreateDirectory(Path.Combine(program.Scratch, "damaged")).FullName;
        var file = Path.Combine(home, "state.db");
        await File.WriteAllTextAsync(file, new string('x', 8_192), Patience.Token);
        var settings = new Dictionary<string, string> { ["HOPX_HOME"] = home };
        var server = await program.StartStdioAsync(settings);

        var text = await server.Client.RefuseAsync("run_code", new { code = "1", conversation = "a" });
        var serve = await program.RunAsync(["serve", "--urls", "http://127.0.0.1:0"], settings);

        Assert.All([text, serve.Error], message =>
        {
            Assert.Contains(file, message, StringComparison.Ordinal);
            Assert.Contains("move a damaged file away", message, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", message, StringComparison.Ordinal);
        });
        Assert.Equal(2, serve.ExitCode);
        Assert.StartsWith("xxxx", await File.ReadAllTextAsync(file, Patience.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_home_where_nothing_can_be_written_is_named()
    {
        await using var program = await HopxProgram.CreateAsync(machine);

        // Not even root makes a directory there.
        await RefusesHomeAsync(program, "/proc/hopx");
    }

    [Fact]
    public async Task A_home_whose_path_is_too_long_for_sockets_is_named()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var settings = new Dictionary<string, string> { ["HOPX_HOME"] = Path.Combine(program.Scratch, new string('x', 120)) };

        foreach (var command in new[] { "stdio", "serve", "doctor" })
        {
            var run = await program.RunAsync([command], settings);

            Assert.Equal(2, run.ExitCode);
            Assert.Contains($"HOPX_HOME '{settings["HOPX_HOME"]}' is too long", run.Error, StringComparison.Ordinal);
            Assert.Equal("", run.Output);
        }
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_and_another_proposed()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        using var other = new TcpListener(IPAddress.Loopback, port: 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var run = await program.RunAsync(["serve", "--urls", $"http://127.0.0.1:{port}"]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($":{port}", run.Error, StringComparison.Ordinal);
        Assert.Contains("--urls", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        // The home is free again.
        await program.ServeAsync();
    }

    [Fact]
    public async Task A_second_server_on_one_home_is_told_which_process_is_the_first()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var first = await program.ServeAsync();

        var second = await program.RunAsync(["serve", "--urls", "http://127.0.0.1:0"]);

        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"Process {first.ProcessId} hosts the control plane of '{program.Home}' already", second.Error, StringComparison.Ordinal);
        await using var client = await first.ConnectAsync();
        Assert.Equal("1", (await client.DoAsync("run_command", new { command = "echo 1", conversation = "a" })).Fact("stdout").Trim());
    }

    [Theory]
    [InlineData("HOPX_MAX_SANDBOXES", "many")]
    [InlineData("HOPX_MAX_SANDBOXES", "0")]
    [InlineData("HOPX_REAP_INTERVAL", "1.00:00:00")]
    [InlineData("HOPX_TOOLSETS", "everything")]
    public async Task A_setting_that_makes_no_sense_stops_the_start_and_is_named(string name, string value)
    {
        await using var program = await HopxProgram.CreateAsync(machine);

        var run = await program.RunAsync(["stdio"], new Dictionary<string, string> { [name] = value });

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{name} is '{value}'", run.Error, StringComparison.Ordinal);
    }

    private static async Task StillAnswersAsync(HopxProgram program, StdioServer server)
    {
        Assert.NotEmpty(await server.Client.ListToolsAsync(cancellationToken: Patience.Token));
        Assert.Contains("You have no sandboxes", (await server.Client.DoAsync("sandbox_list")).Text(), StringComparison.Ordinal);
        Assert.Empty(program.FindRemains());
    }

    private static async Task RefusesHomeAsync(HopxProgram program, string home)
    {
        var settings = new Dictionary<string, string> { ["HOPX_HOME"] = home };
        var server = await program.StartStdioAsync(settings);

        var text = await server.Client.RefuseAsync("run_code", new { code = "1", conversation = "a" });
        var again = await server.Client.RefuseAsync("sandbox_list");
        var serve = await program.RunAsync(["serve", "--urls", "http://127.0.0.1:0"], settings);

        Assert.All([text, again, serve.Error], message =>
        {
            Assert.Contains(home, message, StringComparison.Ordinal);
            Assert.Contains("Set HOPX_HOME to a directory", message, StringComparison.Ordinal);
        });
        Assert.Equal(2, serve.ExitCode);
        Assert.NotEmpty(await server.Client.ListToolsAsync(cancellationToken: Patience.Token));
    }
}
