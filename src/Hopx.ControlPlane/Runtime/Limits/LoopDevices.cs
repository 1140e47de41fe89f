namespace Hopx.ControlPlane.Runtime;

/// <summary>The machine's loop devices, each of which shows a file as a disk.</summary>
internal static class LoopDevices
{
    /// <summary>Whether a device still holds the file: the kernel lets go of it a moment after the last process that saw its mount.</summary>
    public static bool Hold(string file)
    {
        if (!Directory.Exists("/sys/block"))
        {
            return false;
        }

        foreach (var device in Directory.EnumerateDirectories("/sys/block", "loop*"))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(device, "loop", "backing_file")).TrimEnd('\n') == file)
                {
                    return true;
                }
            }
            catch (IOException)
            {
                // It holds no file.
            }
        }

        return false;
    }
}
