<<<<<<< HEAD
using Hopx.Client;
using Hopx.Mcp.Hosting;

switch (args)
{
    case [] or ["stdio"]:
        await McpStdio.RunAsync(CreateClient);
        return 0;

    case ["serve", ..]:
        var builder = WebApplication.CreateSlimBuilder(args[1..]);
        builder.Services.AddHopxMcp(CreateClient).AddHopxMcpHttp();
        var app = builder.Build();
        app.MapHopxMcp("/mcp");
        await app.RunAsync();
        return 0;

    default:
        await Console.Error.WriteLineAsync($"Unknown command '{args[0]}'. There are: stdio, serve.");
        return 2;
}

static HopxClient CreateClient(string? apiKey) => new(new HopxClientOptions
{
    ApiKey = apiKey ?? Environment.GetEnvironmentVariable("HOPX_API_KEY"),
    BaseUrl = Environment.GetEnvironmentVariable("HOPX_BASE_URL") is { Length: > 0 } url ? new Uri(url) : HopxClientOptions.CloudUrl,
});
=======
using System.CommandLine;
using Hopx.Mcp.CommandLine;

if (args is [] or ["stdio"])
{
    return await StdioCommand.RunAtOnceAsync();
}

var program = new RootCommand("Isolated sandboxes for agents: run code, commands and files, over MCP and the HopX API.")
{
    StdioCommand.Create(),
    ServeCommand.Create(),
    DemoCommand.Create(),
    SetupCommand.Create(),
    DoctorCommand.Create(),
    KeyCommand.Create(),
    TemplateCommand.Create(),
    SandboxCommand.Create(),
    VersionCommand.Create(),
};
return await program.RunAsync(args);
>>>>>>> f07c608 (Command line: settings in one place, commands, serve, doctor and the demo)
