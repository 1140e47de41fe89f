using System.Runtime.InteropServices;

namespace Hopx.Agent;

/// <summary>The system calls in which a thread can wait for input, by what their arguments mean.</summary>
internal enum WaitCall
{
    Other,

    /// <summary>Descriptor.</summary>
    Read,

    /// <summary>Array of descriptors, its length, milliseconds.</summary>
    Poll,

    /// <summary>Array of descriptors, its length, pointer to a time.</summary>
    TimedPoll,

    /// <summary>Highest descriptor + 1, set to read from, two other sets, pointer to a time.</summary>
    Select,

    /// <summary>Descriptor of a set in the kernel, place for events, their number, milliseconds.</summary>
    EventPoll,

    /// <summary>The same with a pointer to a time.</summary>
    TimedEventPoll,
}

/// <summary>Their numbers, which each processor has of its own.</summary>
internal static class SystemCalls
{
    public static WaitCall Classify(long number) => RuntimeInformation.ProcessArchitecture is Architecture.Arm64
        ? number switch
        {
            63 or 65 or 67 or 286 => WaitCall.Read,
            73 => WaitCall.TimedPoll,
            72 => WaitCall.Select,
            22 => WaitCall.EventPoll,
            441 => WaitCall.TimedEventPoll,
            _ => WaitCall.Other,
        }
        : number switch
        {
            // read, readv, pread64, preadv2
            0 or 19 or 17 or 327 => WaitCall.Read,
            7 => WaitCall.Poll,
            271 => WaitCall.TimedPoll,
            23 or 270 => WaitCall.Select,
            232 or 281 => WaitCall.EventPoll,
            441 => WaitCall.TimedEventPoll,
            _ => WaitCall.Other,
        };
}
