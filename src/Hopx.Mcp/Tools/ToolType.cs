using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>The tools that the methods of a class are.</summary>
internal static class ToolType
{
    private const DynamicallyAccessedMemberTypes Needed =
        DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods | DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>Offers the tools of a class with their stored definitions.</summary>
    public static IMcpServerBuilder WithStoredTools<[DynamicallyAccessedMembers(Needed)] T>(this IMcpServerBuilder builder)
        where T : class
    {
        builder.Services.TryAddTransient<T>();
        foreach (var (name, method) in Methods<T>())
        {
            builder.Services.AddSingleton<McpServerTool>(services => new StoredTool(ToolDefinitions.Read(name), () => Make<T>(method, services)));
        }

        return builder;
    }

    /// <summary>The tools of a class as the SDK makes them from its code.</summary>
    public static IEnumerable<McpServerTool> MakeFromCode<[DynamicallyAccessedMembers(Needed)] T>(IServiceProvider services)
        where T : class => Methods<T>().Select(tool => Make<T>(tool.Method, services));

    private static IEnumerable<(string Name, MethodInfo Method)> Methods<[DynamicallyAccessedMembers(Needed)] T>() =>
        from method in typeof(T).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        let tool = method.GetCustomAttribute<McpServerToolAttribute>()
        where tool is not null
        select (tool.Name!, method);

    private static McpServerTool Make<T>(MethodInfo method, IServiceProvider services)
        where T : class =>
        McpServerTool.Create(method, call => call.Services!.GetRequiredService<T>(), new McpServerToolCreateOptions { Services = services, SerializerOptions = ToolJsonOptions.Default });
}
