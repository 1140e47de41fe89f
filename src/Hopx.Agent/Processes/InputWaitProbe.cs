using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Hopx.Agent;

/// <summary>
/// Looks at what the threads of a run wait on: the system call that each is in, and the descriptors that it was given. The kernel
/// shows that to an ancestor of the same user; without the right to trace others, of a process of another user nothing is seen.
/// </summary>
internal sealed class InputWaitProbe(TimeProvider time)
{
    private const int MaxThreads = 512;
    private const int MaxDescriptors = 1024;

    private static readonly TimeSpan SnapshotLife = TimeSpan.FromMilliseconds(5);

    private readonly Lock _gate = new();
    private List<ProcessEntry> _processes = [];
    private long? _takenAt;

    /// <summary>What one look found.</summary>
    /// <param name="Wait">The thread that waits for input, if any and if nobody else of the family works.</param>
    /// <param name="HasUnseen">Whether a process of the family could not be looked at.</param>
    internal readonly record struct Look(ThreadWait? Wait, bool HasUnseen);

    /// <summary>Looks at a process and all that came from it.</summary>
    public Look Find(int leader, InputSource source)
    {
        ThreadWait? found = null;
        var hasUnseen = false;
        var threads = 0;
        foreach (var process in FamilyOf(leader))
        {
            foreach (var thread in ThreadsOf(process.Id))
            {
                if (++threads > MaxThreads)
                {
                    return new Look(null, HasUnseen: true);
                }

                var call = ReadCall(process.Id, thread);
                if (call is "running")
                {
                    // While somebody works, the run does not wait, whatever else it listens to.
                    return new Look(null, hasUnseen);
                }

                hasUnseen |= call.Length == 0;
                if (found is null && source.IsOpenTo(process) && WaitsFor(process.Id, call, source) is { } isForEver)
                {
                    found = new ThreadWait(process.Id, thread, ReadSwitches(process.Id, thread), isForEver);
                }
            }
        }

        return new Look(found, hasUnseen);
    }

    /// <summary>Whether a thread is still in the same wait.</summary>
    public static bool IsStill(ThreadWait wait) => ReadSwitches(wait.Process, wait.Thread) == wait.Switches;

    private static IEnumerable<int> ThreadsOf(int process)
    {
        string[] entries;
        try
        {
            entries = Directory.GetFileSystemEntries($"/proc/{process}/task");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (var entry in entries)
        {
            if (int.TryParse(entry.AsSpan(entry.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var thread))
            {
                yield return thread;
            }
        }
    }

    private static string ReadCall(int process, int thread) =>
        Encoding.ASCII.GetString(ProcessTable.ReadStart($"/proc/{process}/task/{thread}/syscall", 256)).TrimEnd('\n');

    private static long ReadSwitches(int process, int thread) =>
        ProcessTable.ReadNumber($"/proc/{process}/task/{thread}/status", "voluntary_ctxt_switches:") ?? -1;

    /// <returns>Null when it does not wait for the source; else whether for that alone.</returns>
    private static bool? WaitsFor(int process, string call, InputSource source)
    {
        var fields = call.Split(' ');
        if (fields.Length < 7 || !long.TryParse(fields[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        ulong Argument(int index) => ulong.TryParse(fields[index + 1].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value) ? value : 0;
        return SystemCalls.Classify(number) switch
        {
            WaitCall.Read => source.Is(LinkOf(process, (int)Argument(0))) ? true : null,
            WaitCall.Poll => Judge(process, ReadPolled(process, Argument(0), Argument(1)), (int)Argument(2) < 0, source),
            WaitCall.TimedPoll => Judge(process, ReadPolled(process, Argument(0), Argument(1)), Argument(2) == 0, source),
            WaitCall.Select => Judge(process, ReadSelected(process, Argument(0), Argument(1)), Argument(4) == 0, source),
            WaitCall.EventPoll => Judge(process, ReadEventPoll(process, (int)Argument(0)), (int)Argument(3) < 0, source),
            WaitCall.TimedEventPoll => Judge(process, ReadEventPoll(process, (int)Argument(0)), Argument(3) == 0, source),
            _ => null,
        };
    }

    // Who also waits for a socket, a pipe from another process or the like may be served by those; who waits for a signal or itself is not.
    private static bool? Judge(int process, List<int> descriptors, bool isForEver, InputSource source)
    {
        var isWaiting = false;
        Dictionary<string, int>? links = null;
        foreach (var descriptor in descriptors)
        {
            var link = LinkOf(process, descriptor);
            if (source.Is(link))
            {
                isWaiting = true;
            }
            else if (link.StartsWith("pipe:", StringComparison.Ordinal) || link.StartsWith("socket:", StringComparison.Ordinal))
            {
                links ??= LinksOf(process);
                if (!IsItsOwn(process, link, links))
                {
                    return null;
                }
            }
        }

        return isWaiting ? isForEver : null;
    }

    // Event loops wake themselves by a pipe or a pair of sockets of which they hold both ends. The two of a pair are made together and have no name.
    private static bool IsItsOwn(int process, string link, Dictionary<string, int> links)
    {
        if (link.StartsWith("pipe:", StringComparison.Ordinal))
        {
            return links.GetValueOrDefault(link) > 1;
        }

        return long.TryParse(link.AsSpan("socket:[".Length).TrimEnd(']'), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && (links.ContainsKey($"socket:[{number + 1}]") || links.ContainsKey($"socket:[{number - 1}]"))
            && IsNamelessLocalSocket(process, number);
    }

    private static bool IsNamelessLocalSocket(int process, long number)
    {
        var end = $" {number}";
        return Encoding.UTF8.GetString(ProcessTable.ReadStart($"/proc/{process}/net/unix", 1024 * 1024))
            .Split('\n')
            .Any(line => line.TrimEnd().EndsWith(end, StringComparison.Ordinal));
    }

    private static Dictionary<string, int> LinksOf(int process)
    {
        var links = new Dictionary<string, int>();
        try
        {
            foreach (var path in Directory.EnumerateFileSystemEntries($"/proc/{process}/fd").Take(MaxDescriptors))
            {
                if (ReadLink(path) is { Length: > 0 } link)
                {
                    links[link] = links.GetValueOrDefault(link) + 1;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // What is known stays known.
        }

        return links;
    }

    private static string LinkOf(int process, int descriptor) => ReadLink($"/proc/{process}/fd/{descriptor}");

    private static unsafe string ReadLink(string path)
    {
        var buffer = stackalloc byte[256];
        var length = Libc.ReadLink(Libc.AtFdCwd, path, buffer, 256);
        return length > 0 ? Encoding.UTF8.GetString(buffer, (int)length) : "";
    }

    private static List<int> ReadPolled(int process, ulong address, ulong count)
    {
        const int EntryBytes = 8;
        const short Readable = 1;
        const short ReadableNormally = 0x40;
        var descriptors = new List<int>();
        if (count is 0 or > MaxDescriptors)
        {
            return descriptors;
        }

        var bytes = ReadMemory(process, address, (int)count * EntryBytes);
        for (var at = 0; at + EntryBytes <= bytes.Length; at += EntryBytes)
        {
            if ((BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(at + 4)) & (Readable | ReadableNormally)) != 0)
            {
                descriptors.Add(BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at)));
            }
        }

        return descriptors;
    }

    private static List<int> ReadSelected(int process, ulong count, ulong address)
    {
        var descriptors = new List<int>();
        if (count is 0 or > MaxDescriptors || address == 0)
        {
            return descriptors;
        }

        var bytes = ReadMemory(process, address, ((int)count + 7) / 8);
        for (var descriptor = 0; descriptor < (int)count && descriptor / 8 < bytes.Length; descriptor++)
        {
            if ((bytes[descriptor / 8] & (1 << (descriptor % 8))) != 0)
            {
                descriptors.Add(descriptor);
            }
        }

        return descriptors;
    }

    private static List<int> ReadEventPoll(int process, int descriptor)
    {
        const uint Readable = 0x1;
        var descriptors = new List<int>();
        foreach (var line in Encoding.ASCII.GetString(ProcessTable.ReadStart($"/proc/{process}/fdinfo/{descriptor}", 64 * 1024)).Split('\n'))
        {
            // tfd:        5 events:       19 data: …
            var fields = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            if (fields is ["tfd:", var watched, "events:", var events, ..]
                && int.TryParse(watched, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && uint.TryParse(events, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var flags)
                && (flags & Readable) != 0)
            {
                descriptors.Add(number);
            }
        }

        return descriptors;
    }

    private static unsafe byte[] ReadMemory(int process, ulong address, int length)
    {
        var bytes = new byte[length];
        fixed (byte* start = bytes)
        {
            var local = new Libc.MemoryRange { Start = (nuint)start, Length = (nuint)length };
            var remote = new Libc.MemoryRange { Start = (nuint)address, Length = (nuint)length };
            return Libc.ReadMemory(process, &local, 1, &remote, 1, 0) == length ? bytes : [];
        }
    }

    private List<ProcessEntry> FamilyOf(int leader)
    {
        var processes = Snapshot();
        var family = new List<ProcessEntry>();
        var members = new HashSet<int> { leader };
        bool grew;
        do
        {
            grew = false;
            foreach (var process in processes)
            {
                grew |= (process.Session == leader || members.Contains(process.Parent)) && members.Add(process.Id);
            }
        }
        while (grew);

        family.AddRange(processes.Where(process => members.Contains(process.Id) && !process.IsDead));
        return family;
    }

    // Many runs look at about the same time, and reading the whole table is the dear part.
    private List<ProcessEntry> Snapshot()
    {
        lock (_gate)
        {
            if (_takenAt is not { } takenAt || time.GetElapsedTime(takenAt) > SnapshotLife)
            {
                _processes = [.. ProcessTable.Read()];
                _takenAt = time.GetTimestamp();
            }

            return _processes;
        }
    }
}
