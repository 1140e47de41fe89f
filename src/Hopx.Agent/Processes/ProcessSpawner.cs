using System.Runtime.InteropServices;

namespace Hopx.Agent;

/// <summary>Starts a process with <c>posix_spawn</c>: no fork of a managed program, an own session, and only the descriptors that it is given.</summary>
internal static unsafe class ProcessSpawner
{
    private const short SetDefaultSignals = 0x04;
    private const short SetSignalMask = 0x08;
    private const short NewSession = 0x80;

    // glibc needs 336, 80 and 128 bytes, musl less.
    private const int StructSize = 512;

    private const int FirstExtraDescriptor = 3;

    /// <returns>The process id.</returns>
    public static int Spawn(ProcessSpec spec)
    {
        var fileActions = stackalloc byte[StructSize];
        var attributes = stackalloc byte[StructSize];
        var signals = stackalloc byte[StructSize];
        Check(Libc.InitFileActions(fileActions));
        try
        {
            Check(Libc.InitSpawnAttributes(attributes));
            try
            {
                AddDescriptors(fileActions, spec);
                Check(Libc.AddChangeDirectory(fileActions, spec.WorkingDirectory));
                // The runtime blocks and catches signals that a child must see in their default state.
                _ = Libc.ClearSignals(signals);
                Check(Libc.SetSpawnSignalMask(attributes, signals));
                _ = Libc.FillSignals(signals);
                Check(Libc.SetSpawnDefaultSignals(attributes, signals));
                Check(Libc.SetSpawnFlags(attributes, NewSession | SetSignalMask | SetDefaultSignals));
                return Spawn(spec, fileActions, attributes);
            }
            finally
            {
                _ = Libc.DestroySpawnAttributes(attributes);
            }
        }
        finally
        {
            _ = Libc.DestroyFileActions(fileActions);
        }
    }

    private static void AddDescriptors(byte* fileActions, ProcessSpec spec)
    {
        Check(spec.Terminal is { } terminal ? Libc.AddOpen(fileActions, 0, terminal, OpenFlags.ReadWrite, 0)
            : spec.Stdin is { } stdin
            ? Libc.AddDuplicate(fileActions, stdin.Number(), 0)
            : Libc.AddOpen(fileActions, 0, "/dev/null", OpenFlags.ReadOnly, 0));
        Check(Libc.AddDuplicate(fileActions, spec.Stdout.Number(), 1));
        Check(Libc.AddDuplicate(fileActions, spec.Stderr.Number(), 2));
        for (var i = 0; i < spec.ExtraDescriptors.Count; i++)
        {
            Check(Libc.AddDuplicate(fileActions, spec.ExtraDescriptors[i].Number(), FirstExtraDescriptor + i));
        }
    }

    private static int Spawn(ProcessSpec spec, byte* fileActions, byte* attributes)
    {
        using var arguments = new NativeStrings(spec.Arguments);
        using var environment = new NativeStrings([.. spec.Environment.Select(variable => $"{variable.Key}={variable.Value}")]);
        var path = (byte*)Marshal.StringToCoTaskMemUTF8(spec.Executable);
        try
        {
            int process;
            Check(Libc.Spawn(&process, path, fileActions, attributes, arguments.Pointer, environment.Pointer));
            return process;
        }
        finally
        {
            Marshal.FreeCoTaskMem((nint)path);
        }
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new NativeException("start a process", error);
        }
    }
}
