using Hopx.ControlPlane.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hopx.ControlPlane.Tests.Runtime;

public sealed class UndoStackTests
{
    private readonly List<string> _undone = [];

    [Fact]
    public async Task Steps_are_undone_newest_first_and_one_that_fails_stops_no_other()
    {
        await using (var undo = new UndoStack(NullLogger.Instance))
        {
            undo.Push(() => _undone.Add("first"));
            undo.Push(() => throw new InvalidOperationException("This step fails."));
            undo.Push(() => _undone.Add("last"));
        }

        Assert.Equal(["last", "first"], _undone);
    }

    [Fact]
    public async Task Nothing_is_undone_of_what_is_kept()
    {
        await using (var undo = new UndoStack(NullLogger.Instance))
        {
            undo.Push(() => _undone.Add("first"));
            undo.Keep();
        }

        Assert.Empty(_undone);
    }
}
