using Hopx.Mcp.Hosting;

namespace Hopx.Mcp.Tests.Hosting;

public sealed class IdleMemoryTests : IDisposable
{
    private const long Much = 100 * 1024 * 1024;

    private readonly IdleMemory _memory;
    private long _allocated;
    private int _collections;

    public IdleMemoryTests() => _memory = new IdleMemory(TimeProvider.System, () => _allocated, () => _collections++);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public void Memory_is_given_back_once_when_work_has_ended()
    {
        _allocated += Much;
        _memory.Look();
        Assert.Equal(0, _collections);

        _memory.Look();
        _memory.Look();
        _memory.Look();
        Assert.Equal(1, _collections);
    }

    [Fact]
    public void Nothing_is_collected_while_there_is_work()
    {
        for (var i = 0; i < 10; i++)
        {
            _allocated += Much;
            _memory.Look();
        }

        Assert.Equal(0, _collections);
    }

    [Fact]
    public void A_little_garbage_stays()
    {
        _allocated += 1024 * 1024;
        _memory.Look();
        _memory.Look();
        Assert.Equal(0, _collections);
    }
}
