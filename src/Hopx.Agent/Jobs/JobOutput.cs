using System.Buffers.Binary;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>What a job writes: each stream by itself, and the order between them.</summary>
internal sealed class JobOutput : IDisposable
{
    // An entry of the order: where it begins in all output, its stream in the highest bit, and where it begins in its stream.
    private const int EntryBytes = 16;
    private const long StderrBit = long.MinValue;
    private const long OrderLimitBytes = 4 * 1024 * 1024;
    private const int OrderMemoryBytes = 4 * 1024;

    private readonly Lock _gate = new();
    private readonly JobStorage _storage;
    private readonly string _job;
    private readonly JobLog _stdout;
    private readonly JobLog _stderr;
    private readonly JobLog _order;
    private OutputKind? _last;
    private long _length;

    /// <param name="storage">Where more than a little is kept.</param>
    /// <param name="job">Whose output it is.</param>
    /// <param name="limitBytes">What is kept of each stream.</param>
    /// <param name="memoryBytes">What is kept in memory before a file is made.</param>
    public JobOutput(JobStorage storage, string job, long limitBytes, int memoryBytes)
    {
        _storage = storage;
        _job = job;
        _stdout = new JobLog(storage, job, "stdout", limitBytes, memoryBytes);
        _stderr = new JobLog(storage, job, "stderr", limitBytes, memoryBytes);
        _order = new JobLog(storage, job, "order", OrderLimitBytes, OrderMemoryBytes);
    }

    /// <summary>The directory of its files, or null while there are none.</summary>
    public string? Directory => _stdout.IsOnDisk || _stderr.IsOnDisk ? _storage.DirectoryOf(_job) : null;

    public void Append(OutputKind kind, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            var log = LogOf(kind);
            if (_last != kind)
            {
                _last = kind;
                Span<byte> entry = stackalloc byte[EntryBytes];
                BinaryPrimitives.WriteInt64LittleEndian(entry, _length | (kind is OutputKind.Stderr ? StderrBit : 0));
                BinaryPrimitives.WriteInt64LittleEndian(entry[8..], log.Length);
                _order.Append(entry);
            }

            log.Append(bytes);
            _length += bytes.Length;
        }
    }

    /// <summary>From now on everything goes to disk.</summary>
    public void Spill()
    {
        _stdout.Spill();
        _stderr.Spill();
    }

    public long LengthOf(JobOutputSource source)
    {
        lock (_gate)
        {
            return source switch
            {
                JobOutputSource.Stdout => _stdout.Length,
                JobOutputSource.Stderr => _stderr.Length,
                _ => _length,
            };
        }
    }

    /// <summary>Reads bytes that belong together; what is no longer kept is skipped before them.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="offset">Where to begin; moved on to where the bytes really begin.</param>
    /// <param name="buffer">Takes the bytes.</param>
    /// <returns>How many; 0 at the end.</returns>
    public int Read(JobOutputSource source, ref long offset, Span<byte> buffer)
    {
        if (source is not JobOutputSource.Both)
        {
            return ReadAll(LogOf(source is JobOutputSource.Stderr ? OutputKind.Stderr : OutputKind.Stdout), ref offset, buffer);
        }

        lock (_gate)
        {
            var count = 0;
            var entry = FindEntry(ref offset);
            while (count < buffer.Length && entry is { } current && offset + count < _length)
            {
                var at = offset + count;
                var next = ReadEntry(current.Index + 1);
                if (next is null && current.Index + 1 < _order.Length / EntryBytes)
                {
                    // How far it goes is no longer known. The search for the first entry has seen to it that this is not the first.
                    break;
                }

                var end = next?.Start ?? _length;
                var wanted = current.StreamStart + (at - current.Start);
                var found = wanted;
                var read = LogOf(current.Kind).Read(ref found, buffer.Slice(count, (int)Math.Min(buffer.Length - count, end - at)));
                var skipped = Math.Min(found - wanted, end - at);
                if (skipped > 0)
                {
                    if (count > 0)
                    {
                        break;
                    }

                    // Read again from behind the gap, which may be the next entry's.
                    offset += skipped;
                    entry = FindEntry(ref offset);
                    continue;
                }

                if (read == 0)
                {
                    break;
                }

                count += read;
                if (at + read == end)
                {
                    entry = next;
                }
            }

            return count;
        }
    }

    public void Dispose()
    {
        _stdout.Dispose();
        _stderr.Dispose();
        _order.Dispose();
    }

    private static int ReadAll(JobLog log, ref long offset, Span<byte> buffer)
    {
        var count = 0;
        while (count < buffer.Length)
        {
            var at = offset + count;
            var read = log.Read(ref at, buffer[count..]);
            if (at != offset + count)
            {
                if (count > 0)
                {
                    break;
                }

                offset = at;
            }
            else if (read == 0)
            {
                break;
            }

            count += read;
        }

        return count;
    }

    private JobLog LogOf(OutputKind kind) => kind is OutputKind.Stderr ? _stderr : _stdout;

    /// <summary>The last kept entry that begins at or before the offset, or the first one after it.</summary>
    private Entry? FindEntry(ref long offset)
    {
        long low = 0;
        var high = (_order.Length / EntryBytes) - 1;
        Entry? best = null;
        while (low <= high)
        {
            var middle = low + ((high - low) / 2);
            if (ReadEntry(middle) is not { } entry)
            {
                // The middle of the order is no longer kept; what is after it decides.
                if (FirstEntryFrom(middle) is not { } after || after.Index > high || after.Start > offset)
                {
                    high = middle - 1;
                    continue;
                }

                entry = after;
            }

            if (entry.Start <= offset)
            {
                best = entry;
                low = entry.Index + 1;
            }
            else
            {
                high = entry.Index - 1;
            }
        }

        if (best is { } found && (ReadEntry(found.Index + 1) is not null || found.Index + 1 == _order.Length / EntryBytes))
        {
            return found;
        }

        // How far an entry before the gap goes is not known, so reading goes on behind it.
        if (FirstEntryFrom((best?.Index ?? -1) + 1) is { } next)
        {
            offset = Math.Max(offset, next.Start);
            return next;
        }

        return null;
    }

    private Entry? ReadEntry(long index)
    {
        var entry = FirstEntryFrom(index);
        return entry?.Index == index ? entry : null;
    }

    private Entry? FirstEntryFrom(long index)
    {
        Span<byte> bytes = stackalloc byte[EntryBytes];
        var offset = index * EntryBytes;
        var asked = offset;
        var read = _order.Read(ref offset, bytes);
        if (offset != asked && offset % EntryBytes is var beyond and > 0)
        {
            offset += EntryBytes - beyond;
            read = 0;
        }

        if (read == 0 && offset != asked)
        {
            read = _order.Read(ref offset, bytes);
        }

        if (read < EntryBytes)
        {
            return null;
        }

        var start = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return new Entry(
            offset / EntryBytes,
            start & ~StderrBit,
            (start & StderrBit) != 0 ? OutputKind.Stderr : OutputKind.Stdout,
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]));
    }

    private readonly record struct Entry(long Index, long Start, OutputKind Kind, long StreamStart);
}
