using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Steps that take back what was half made: newest first, unless <see cref="Keep"/> was reached.</summary>
internal sealed partial class UndoStack(ILogger logger) : IAsyncDisposable
{
    private readonly Stack<Func<Task>> _steps = new();

    public void Push(Func<Task> step) => _steps.Push(step);

    public void Push(Action step) => _steps.Push(() =>
    {
        step();
        return Task.CompletedTask;
    });

    public void Keep() => _steps.Clear();

    public async ValueTask DisposeAsync()
    {
        while (_steps.TryPop(out var step))
        {
            try
            {
                await step();
            }
#pragma warning disable CA1031 // The first failure is the one reported; an undo step must not replace it, nor stop the others.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                LogUndoFailed(failure);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "A step of an undo failed; the burial of remains will try again.")]
    private partial void LogUndoFailed(Exception failure);
}
