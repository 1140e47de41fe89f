using System.Buffers;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;

namespace Hopx.ControlPlane.Events;

/// <summary>Events in the form in which they travel: written once, sent to any number of readers.</summary>
internal static class SseFrame
{
    /// <summary>A line that says nothing, so that neither side takes the connection for dead.</summary>
    public static readonly ReadOnlyMemory<byte> KeepAlive = ": keep-alive\n\n"u8.ToArray();

    /// <param name="data">One line of JSON.</param>
    /// <param name="type">Name of the event; null for an unnamed one.</param>
    /// <param name="id">Where a reader goes on who lost the connection behind it.</param>
    public static ReadOnlyMemory<byte> Of(string data, string? type = null, long? id = null)
    {
        var item = new SseItem<string>(data, type) { EventId = id?.ToString(CultureInfo.InvariantCulture) };
        using var frame = new MemoryStream();
        // Into memory, so it is done at once.
        SseFormatter.WriteAsync(One(item), frame, static (one, buffer) => buffer.Write(Encoding.UTF8.GetBytes(one.Data))).GetAwaiter().GetResult();
        return frame.ToArray();
    }

#pragma warning disable CS1998 // The formatter wants a sequence that could wait.
    private static async IAsyncEnumerable<SseItem<string>> One(SseItem<string> item, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        yield return item;
    }
#pragma warning restore CS1998
}
