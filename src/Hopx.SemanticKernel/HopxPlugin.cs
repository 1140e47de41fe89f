using Microsoft.SemanticKernel;

namespace Hopx.SemanticKernel;

/// <summary>The functions as a plugin of Semantic Kernel.</summary>
public static class HopxPlugin
{
    public const string DefaultName = "hopx";

    /// <summary>Makes the plugin. Disposing <paramref name="functions"/> deletes the sandbox that its calls have made.</summary>
    public static KernelPlugin Create(HopxFunctions functions, string name = DefaultName)
    {
        ArgumentNullException.ThrowIfNull(functions);
        return KernelPluginFactory.CreateFromFunctions(
            name, "Isolated Linux sandboxes: run code and commands, read and write files.", functions.All.Select(function => new KernelResultFunction(function).AsKernelFunction()));
    }

    /// <summary>Adds the functions as a plugin of a kernel.</summary>
    public static KernelPlugin AddHopx(this ICollection<KernelPlugin> plugins, HopxFunctions functions, string name = DefaultName)
    {
        ArgumentNullException.ThrowIfNull(plugins);
        var plugin = Create(functions, name);
        plugins.Add(plugin);
        return plugin;
    }

    /// <summary>Adds the functions as a plugin of the kernel that is being built.</summary>
    public static IKernelBuilderPlugins AddHopx(this IKernelBuilderPlugins plugins, HopxFunctions functions, string name = DefaultName) => plugins.Add(Create(functions, name));
}
