using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>One Python process that others are forked from, with all that it has imported.</summary>
internal sealed class PythonForkServer(ChildProcess process, PythonChannel channel, PythonIdentity identity) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PatienceWhileImporting = TimeSpan.FromMilliseconds(30);

    private volatile bool _isImporting;
    private int _unanswered;
    private bool _isBroken;

    /// <summary>What an interpreter must have in common with the server to be forked from it.</summary>
    public PythonIdentity Identity => identity;

    public bool IsAlive => !_isBroken && !process.Exited.IsCompleted;

    /// <summary>Whether imports were asked for.</summary>
    public bool IsWarmed { get; private set; }

    /// <summary>Has it import modules as soon as it has nothing else to do.</summary>
    public void Warm(IEnumerable<string> modules)
    {
        IsWarmed = true;
        _isImporting = true;
        _isBroken |= !channel.TrySend('L', [.. modules]);
    }

    /// <summary>Waits until it says that it has imported them, which whoever forks next reads.</summary>
    public void WaitForImports(TimeSpan patience)
    {
        if (_isImporting)
        {
            _ = channel.WaitForInput(patience);
        }
    }

    /// <summary>Whether nothing is being imported any more, so that whoever is forked has all there is.</summary>
    public bool HasImported()
    {
        if (_isImporting && channel.WaitForInput(TimeSpan.Zero))
        {
            _isBroken |= !channel.Fill();
            TakeAnswer(out _);
        }

        return !_isImporting;
    }

    /// <summary>Whether no packages came or went since it has imported some.</summary>
    public bool IsCurrent() => Ask(channel.TrySend('V')) is "1";

    /// <param name="childChannel">The end of a channel that the new process gets.</param>
    /// <returns>The number of the new process, which waits for its first message; null when none could be made.</returns>
    public int? Fork(SafeFileHandle childChannel) => Read(Ask(channel.TrySend('F', [childChannel])));

    public void Dispose()
    {
        channel.Dispose();
        process.SignalGroup(Libc.SigKill);
    }

    /// <returns>The answer; null when there is none, or none in time. Whatever it forks later finds its channel closed, and ends.</returns>
    private string? Ask(bool isSent)
    {
        if (!isSent)
        {
            _isBroken = true;
            return null;
        }

        _unanswered++;
        while (true)
        {
            if (TakeAnswer(out var answer))
            {
                return answer;
            }

            if (!channel.WaitForInput(_isImporting ? PatienceWhileImporting : Patience))
            {
                _isBroken |= !_isImporting;
                return null;
            }

            if (!channel.Fill())
            {
                _isBroken = true;
                return null;
            }
        }
    }

    /// <returns>Whether the answer to the last question is there.</returns>
    private bool TakeAnswer(out string? answer)
    {
        while (channel.TryTake(out var kind, out var fields))
        {
            if (kind == 'L')
            {
                _isImporting = false;
            }
            else if (kind == 'P' && --_unanswered == 0)
            {
                answer = fields.NextText();
                return true;
            }
        }

        answer = null;
        return false;
    }

    private int? Read(string? text)
    {
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number > 1)
        {
            return number;
        }

        // Zero: packages came or went, and what it has imported is out of date.
        _isBroken |= text is "0";
        return null;
    }
}
