using System.Globalization;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Bytes that went over all network devices of a process's network namespace, loopback included: a sandbox has no other.</summary>
internal sealed record NetworkCounters(long Received, long Sent)
{
    public static NetworkCounters? Read(int processId)
    {
        try
        {
            long received = 0, sent = 0;
            foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/net/dev")).Skip(2))
            {
                var fields = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                received += long.Parse(fields[0], CultureInfo.InvariantCulture);
                sent += long.Parse(fields[8], CultureInfo.InvariantCulture);
            }

            return new NetworkCounters(received, sent);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }
}
