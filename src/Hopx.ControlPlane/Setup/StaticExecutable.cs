using System.Buffers.Binary;

namespace Hopx.ControlPlane.Setup;

/// <summary>Tells whether a file is a native program that needs no loader and no library: only such a one runs in any root file system.</summary>
internal static class StaticExecutable
{
    private const int HeaderSize = 64;
    private const int EntrySize = 56;
    private const uint Interpreter = 3;

    /// <summary>What is wrong with the file; null when nothing is.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mayLoadLibraries">Whether it is meant for roots that have what it loads.</param>
    public static string? FindFault(string path, bool mayLoadLibraries = false)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> header = stackalloc byte[HeaderSize];
            if (file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize || !header.StartsWith("\u007fELF\u0002\u0001"u8))
            {
                return "it is not a 64-bit Linux program";
            }

            file.Position = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
            var entries = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
            Span<byte> entry = stackalloc byte[EntrySize];
            for (var index = 0; index < entries; index++)
            {
                file.ReadExactly(entry);
                if (!mayLoadLibraries && BinaryPrimitives.ReadUInt32LittleEndian(entry) == Interpreter)
                {
                    return "it is linked dynamically, and so would not start in every template";
                }
            }

            return (File.GetUnixFileMode(path) & UnixFileMode.OtherExecute) != 0 ? null : "it is not executable for everyone";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            return failure.Message.TrimEnd('.');
        }
    }
}
