using Hopx.ControlPlane.Setup;

namespace Hopx.ControlPlane.Tests.Setup;

public sealed class FileLockTests
{
    [Fact]
    public async Task The_second_waits_for_the_first()
    {
        using var home = new TemporaryHome();
        var path = Path.Combine(home.Path, "lock");
        var waits = new TaskCompletionSource();
        var first = FileLock.TryAcquire(path);

        var second = FileLock.AcquireAsync(path, TimeProvider.System, waits.SetResult, TestContext.Current.CancellationToken);
        await waits.Task;
        Assert.Null(FileLock.TryAcquire(path));
        Assert.False(second.IsCompleted);
        first!.Dispose();

        (await second).Dispose();
    }

    [Fact]
    public async Task Waiting_can_be_given_up()
    {
        using var home = new TemporaryHome();
        var path = Path.Combine(home.Path, "lock");
        using var held = FileLock.TryAcquire(path);
        using var source = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FileLock.AcquireAsync(path, TimeProvider.System, source.Cancel, source.Token));
    }

    [Fact]
    public void A_lock_that_cannot_be_made_is_an_error_and_not_a_held_one() =>
        Assert.Throws<DirectoryNotFoundException>(() => FileLock.TryAcquire("/nowhere/at/all/lock"));
}
