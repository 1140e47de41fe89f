using System.CommandLine;
using Hopx.Mcp.CommandLine;

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
    StateCommand.Create(),
    VersionCommand.Create(),
};
return await program.RunAsync(args is [] ? [StdioCommand.Name] : args);
