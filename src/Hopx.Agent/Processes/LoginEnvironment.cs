namespace Hopx.Agent;

/// <summary>What a login sets and programs rely on; whatever the template or the caller has set stays.</summary>
internal static class LoginEnvironment
{
    private const string Root = "root";

    /// <summary>The environment of one process.</summary>
    public static Dictionary<string, string> Complete(IReadOnlyDictionary<string, string> variables)
    {
        var complete = new Dictionary<string, string>(variables);
        complete.TryAdd("HOME", "/root");
        complete.TryAdd("PATH", ExecutableSearch.DefaultPath);
        complete.TryAdd("LANG", "C.UTF-8");
        complete.TryAdd("USER", Root);
        complete.TryAdd("LOGNAME", complete["USER"]);
        complete.TryAdd("SHELL", File.Exists("/bin/bash") ? "/bin/bash" : "/bin/sh");
        // No terminal is there, so none is promised that can do colours.
        complete.TryAdd("TERM", "dumb");
        return complete;
    }
}
