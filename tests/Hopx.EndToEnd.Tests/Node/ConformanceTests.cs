using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Node;

/// <summary>
/// The conformance suite of MCP against <c>serve</c>, as far as it needs nothing of a server but what the protocol says.
/// </summary>
/// <remarks>
/// Left out are the scenarios that call tools, prompts and resources which only a test server has (<c>tools-call-*</c>, <c>prompts-get-*</c>, <c>input-required-*</c>,
/// <c>elicitation-*</c>, <c>json-schema-2020-12</c>, <c>http-custom-header-server-validation</c>, <c>server-sse-polling</c>), also where an error would pass for success,
/// and those of what this server does not offer: resources (<c>resources-*</c>, <c>sep-2164-resource-not-found</c>), completion, tasks and skills.
/// </remarks>
public sealed class ConformanceTests(ServedProgram program, NodePackages packages) : IClassFixture<ServedProgram>
{
    /// <summary>Checks that fail, within scenarios that are worth running for all their others.</summary>
    private const string ExpectedFailures = """
        server:
          # The SDK tells a client with an unknown revision all that it speaks, the older ones too.
          - server-stateless:sep-2575-server-unsupported-version-error
          # These call a tool that only a test server has.
          - server-stateless:sep-2575-server-rejects-undeclared-capability
          - server-stateless:sep-2575-missing-capability-http-400
          # There are no resources.
          - caching:sep-2549-resources-list-caching-hints
          - caching:sep-2549-resources-templates-list-caching-hints
        """;

    [Theory]
    [InlineData("2026-07-28", "server-stateless")]
    [InlineData("2026-07-28", "caching")]
    [InlineData("2026-07-28", "tools-list")]
    [InlineData("2026-07-28", "prompts-list")]
    [InlineData("2026-07-28", "http-header-validation")]
    [InlineData("2026-07-28", "server-sse-multiple-streams")]
    [InlineData("2026-07-28", "dns-rebinding-protection")]
    [InlineData("2025-11-25", "server-initialize")]
    [InlineData("2025-11-25", "server-session-lifecycle")]
    [InlineData("2025-11-25", "ping")]
    [InlineData("2025-11-25", "logging-set-level")]
    [InlineData("2025-11-25", "tools-list")]
    [InlineData("2025-11-25", "prompts-list")]
    [InlineData("2025-11-25", "server-sse-multiple-streams")]
    [InlineData("2025-11-25", "dns-rebinding-protection")]
    public async Task The_server_passes_a_scenario_of_the_conformance_suite(string version, string scenario)
    {
        var baseline = Path.Combine(program.Scratch, $"{version}-{scenario}.yml");
        await File.WriteAllTextAsync(baseline, ExpectedFailures, Patience.Token);

        var run = await packages.RunAsync(
            "conformance",
            ["server", "--url", $"http://localhost:{program.Server.Url.Port}/mcp", "--scenario", scenario, "--spec-version", version, "--expected-failures", baseline],
            program.Scratch);

        run.Succeeded();
    }
}
