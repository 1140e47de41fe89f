namespace Hopx.Agent;

/// <summary>What the agent does to itself as the first process of a sandbox whose code it does not trust.</summary>
internal static class Hardening
{
    private const uint FirstInherited = 3;
    private const int CloseOnExec = 4;
    private const uint UsualFileMask = 0b000_010_010;

    public static void Apply()
    {
        KeepDescriptors();
        // Nobody inside may trace the agent or read its memory.
        _ = Libc.ProcessControl(Libc.SetDumpable, 0, 0, 0, 0);
        // Read before the next line changes it, so that children get the template's environment as it is.
        _ = Environment.GetEnvironmentVariables();
        // OpenSSL must not take its configuration, which can name code to load, from the template.
        _ = Libc.SetEnvironment("OPENSSL_CONF", "/dev/null", overwrite: 1);
        Directory.SetCurrentDirectory("/");
        // Whatever started the agent: what runs in the sandbox makes files that others may read and itself may write.
        _ = Libc.SetFileMask(UsualFileMask);
    }

    /// <summary>Whatever the agent was started with stays its own: children get what they are given.</summary>
    public static void KeepDescriptors() => _ = Libc.CloseRange(FirstInherited, uint.MaxValue, CloseOnExec);

    /// <summary>Ends at once: the sandbox's end must not depend on what the runtime still waits for.</summary>
    public static void EndSandbox()
    {
        if (Environment.ProcessId == 1)
        {
            Libc.ExitNow(Environment.ExitCode);
        }
    }
}
