namespace Hopx.Mcp.CommandLine.Demo.Steps;

/// <summary>What the sandbox must not reach: this machine's files and the network.</summary>
internal static class WallSteps
{
    public static async Task RunAsync(DemoSession demo, CancellationToken cancellationToken)
    {
        await demo.CheckAsync("A file of this machine cannot be seen", async () =>
        {
            var planted = Directory.CreateTempSubdirectory("hopx-demo-");
            try
            {
                var secret = Guid.NewGuid().ToString("N");
                var path = Path.Combine(planted.FullName, "secret.txt");
                await File.WriteAllTextAsync(path, secret, cancellationToken);
                // As open as a file can be: what keeps the sandbox out is not its mode.
                File.SetUnixFileMode(planted.FullName, (UnixFileMode)0b111_111_111);
                File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
                var read = await demo.TryCallAsync("read_file", new() { ["path"] = path }, cancellationToken);
                Expect.That(read.IsError && !read.Text.Contains(secret, StringComparison.Ordinal), "read_file to refuse", read.Text);
                var command = $"for root in '' /proc/1/root /proc/self/root /..; do cat \"$root{path}\"; ls -d \"$root{planted.FullName}\"; done; id -u";
                var shell = await demo.CallAsync("run_command", new() { ["command"] = command }, cancellationToken);
                Expect.Equal("0", shell.Fact("stdout").Trim());
                return "neither by read_file nor by root's shell inside";
            }
            finally
            {
                planted.Delete(recursive: true);
            }
        });

        await demo.CheckAsync("There is no internet access, as was said", async () =>
        {
            const string Code = """
                import socket

                def reach(host, port):
                    try:
                        socket.create_connection((host, port), timeout=2).close()
                        return "reached"
                    except OSError as failure:
                        return "unreachable"

                print(reach("1.1.1.1", 443), reach("example.com", 80), reach("169.254.169.254", 80))
                """;
            var run = await demo.CallAsync("run_code", new() { ["language"] = "python", ["code"] = Code }, cancellationToken);
            Expect.Equal("unreachable unreachable unreachable", run.Fact("stdout").Trim());
            return "by address, by name, and to a metadata service";
        });
    }
}
