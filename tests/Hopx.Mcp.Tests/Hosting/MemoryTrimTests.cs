using Hopx.Mcp.Hosting;

namespace Hopx.Mcp.Tests.Hosting;

public sealed class MemoryTrimTests : IDisposable
{
    private const long Much = 100 * 1024 * 1024;

    private readonly MemoryTrim _trim;
    private long _allocated;
    private int _collections;

    public MemoryTrimTests() => _trim = new MemoryTrim(TimeProvider.System, () => _allocated, () => _collections++);

    public void Dispose() => _trim.Dispose();

    [Fact]
    public void Memory_is_given_back_once_when_work_has_ended()
    {
        _allocated += Much;
        _trim.Check();
        Assert.Equal(0, _collections);

        _trim.Check();
        _trim.Check();
        _trim.Check();
        Assert.Equal(1, _collections);
    }

    [Fact]
    public void Nothing_is_collected_while_there_is_work()
    {
        for (var i = 0; i < 10; i++)
        {
            _allocated += Much;
            _trim.Check();
        }

        Assert.Equal(0, _collections);
    }

    [Fact]
    public void A_little_garbage_stays()
    {
        _allocated += 1024 * 1024;
        _trim.Check();
        _trim.Check();
        Assert.Equal(0, _collections);
    }
}
