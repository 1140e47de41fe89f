using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.Mcp.Tests.Conversations;

public sealed class ConversationStoreTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("hopx-mcp-tests-");
    private readonly List<McpDatabase> _databases = [];

    public void Dispose()
    {
        _databases.ForEach(database => database.Dispose());
        _home.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void A_claim_goes_to_the_first_and_again_when_its_sandbox_is_gone()
    {
        var store = Open();

        Assert.Equal("a", store.Claim("me", "plan", "a", replacing: null));
        Assert.Equal("a", Open().Claim("me", "plan", "b", replacing: null));
        Assert.Equal("c", store.Claim("me", "plan", "c", replacing: "a"));
        Assert.Equal("c", Open().Claim("me", "plan", "d", replacing: "a"));
        Assert.Equal("c", store.Find("me", "plan"));
        Assert.Null(store.Find("you", "plan"));
    }

    [Fact]
    public void An_entry_lives_as_long_as_it_is_used()
    {
        var store = Open();
        store.Set("me", "plan", "a");

        for (var day = 0; day < 20; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
            Assert.Equal("a", store.Find("me", "plan"));
        }

        _time.Advance(TimeSpan.FromDays(7));
        Assert.Null(store.Find("me", "plan"));
        Assert.Equal("b", store.Claim("me", "plan", "b", replacing: null));
    }

    [Fact]
    public void A_deleted_sandbox_is_forgotten_with_all_its_conversations()
    {
        var store = Open();
        store.Set("me", "one", "a");
        store.Set("me", "two", "a");
        store.Set("you", "one", "a");
        store.SetSlidingLifetime("me", "a", TimeSpan.FromHours(1));

        store.Forget("me", "a");

        Assert.Null(store.Find("me", "one"));
        Assert.Null(store.Find("me", "two"));
        Assert.Null(store.FindSlidingLifetime("me", "a"));
        Assert.Equal("a", store.Find("you", "one"));
    }

    [Fact]
    public async Task Many_at_once_agree_on_one_sandbox()
    {
        var winners = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => Open().Claim("me", "plan", $"sandbox{i}", replacing: null))));

        Assert.Single(winners.Distinct());
    }

    [Fact]
    public void The_file_is_for_its_owner_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "This system has no file modes.");
        Open().Set("me", "plan", "a");

        foreach (var file in _home.GetFiles("mcp.db*"))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
        }
    }

    [Fact]
    public void A_map_of_a_newer_version_is_left_alone()
    {
        var store = Open();
        store.Set("me", "plan", "a");
        using (var connection = new SqliteConnection($"Data Source={store.Path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 99";
            command.ExecuteNonQuery();
        }

        var failure = Assert.Throws<HopxException>(() => Open().Find("me", "plan"));

        Assert.Contains("newer version of hopx-mcp (schema 99", failure.Message, StringComparison.Ordinal);
    }

    private ConversationStore Open()
    {
        var options = Options.Create(new HopxMcpOptions { Home = _home.FullName });
        var database = new McpDatabase(options);
        lock (_databases)
        {
            _databases.Add(database);
        }

        return new ConversationStore(database, options, _time);
    }
}
