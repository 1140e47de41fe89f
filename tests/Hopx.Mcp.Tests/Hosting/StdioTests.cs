using System.Diagnostics;
using System.Text.Json;
using ModelContextProtocol.Client;

namespace Hopx.Mcp.Tests.Hosting;

/// <summary>The program itself, as a client starts it.</summary>
public sealed class StdioTests : CloudTest
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "hopx-mcp.dll");

    [Fact]
    public async Task A_client_starts_the_program_and_runs_code()
    {
        var home = Directory.CreateTempSubdirectory("hopx-mcp-tests-");
        try
        {
            var transport = new StdioClientTransport(new StdioClientTransportOptions
            {
                Command = "dotnet",
                Arguments = [Program, "stdio"],
                EnvironmentVariables = Variables(home.FullName)!,
            });
            await using var client = await McpClient.CreateAsync(transport, cancellationToken: Stop);

            (await McpHarness.CallAsync(client, "run_code", new { code = "1", conversation = "plan" }, Stop)).Succeeded();

            Assert.Single(Cloud.Sandboxes);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Nothing_but_the_protocol_reaches_stdout_and_the_end_of_stdin_ends_the_program()
    {
        var home = Directory.CreateTempSubdirectory("hopx-mcp-tests-");
        try
        {
            var start = new ProcessStartInfo("dotnet", [Program, "stdio"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var (name, value) in Variables(home.FullName))
            {
                start.Environment[name] = value;
            }

            using var program = Process.Start(start)!;
            var errors = program.StandardError.ReadToEndAsync(Stop);
            await program.StandardInput.WriteLineAsync("this is no JSON");
            await program.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""");
            var answer = await program.StandardOutput.ReadLineAsync(Stop);
            await program.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""");
            await program.StandardInput.WriteLineAsync("""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"run_code","arguments":{"code":"a\ud800b"}}}""");
            var run = JsonDocument.Parse((await program.StandardOutput.ReadLineAsync(Stop))!).RootElement;
            program.StandardInput.Close();
            var rest = await program.StandardOutput.ReadToEndAsync(Stop);
            await program.WaitForExitAsync(Stop);

            Assert.All([answer!, .. rest.Split('\n', StringSplitOptions.RemoveEmptyEntries)], line => Assert.Equal("2.0", JsonDocument.Parse(line).RootElement.GetProperty("jsonrpc").GetString()));
            Assert.Equal(0, program.ExitCode);
            Assert.Contains("Completed", run.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
            Assert.Contains("a\ufffdb", JsonDocument.Parse(Assert.Single(Cloud.Requests.Of(HttpMethod.Post, "/execute")).Body).RootElement.GetProperty("code").GetString(), StringComparison.Ordinal);
            Assert.DoesNotContain(Cloud.ApiKey, await errors, StringComparison.Ordinal);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private Dictionary<string, string> Variables(string home) => new()
    {
        ["HOPX_BASE_URL"] = Cloud.Url.ToString(),
        ["HOPX_API_KEY"] = Cloud.ApiKey,
        ["HOPX_HOME"] = home,
    };
}
