using System.Text;
using System.Text.RegularExpressions;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.State;

namespace Hopx.ControlPlane.Tests.ApiKeys;

public sealed partial class ApiKeyStoreTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly ApiKeyStore _keys;

    public ApiKeyStoreTests() => _keys = new ApiKeyStore(new StateDatabase(_home.Path), TimeProvider.System);

    [Fact]
    public void A_key_has_the_form_that_the_HopX_command_line_accepts()
    {
        var (_, text) = _keys.Create("laptop", organizationId: 1);

        Assert.Matches(HopxKey(), text);
    }

    [Fact]
    public void A_key_names_its_organization()
    {
        var (key, text) = _keys.Create("team", organizationId: 7);

        Assert.Equal(key, _keys.Authenticate(text));
        Assert.Equal(7, _keys.Authenticate(text)!.OrganizationId);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("hopx_live_")]
    [InlineData("hopx_live_abcdefghijkl")]
    [InlineData("hopx_live_abcdefghijkl.")]
    [InlineData("hopx_live_abcdefghijkl.bm90IGEga2V5")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.e30.c2ln")]
    public void What_is_no_key_authenticates_nobody(string? text) => Assert.Null(_keys.Authenticate(text));

    [Fact]
    public void A_key_with_another_secret_authenticates_nobody()
    {
        var (_, text) = _keys.Create("laptop", organizationId: 1);

        Assert.Null(_keys.Authenticate(text[..^1] + (text[^1] == 'A' ? 'B' : 'A')));
    }

    [Fact]
    public void A_revoked_key_authenticates_nobody_and_cannot_be_revoked_again()
    {
        var (key, text) = _keys.Create("laptop", organizationId: 1);

        Assert.True(_keys.Revoke(key.Id));
        Assert.Null(_keys.Authenticate(text));
        Assert.False(_keys.Revoke(key.Id));
    }

    [Fact]
    public void The_secret_is_not_in_the_state_file()
    {
        var (_, text) = _keys.Create("laptop", organizationId: 1);
        var secret = Encoding.UTF8.GetBytes(text[(text.IndexOf('.', StringComparison.Ordinal) + 1)..]);

        foreach (var file in Directory.EnumerateFiles(_home.Path))
        {
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(secret));
        }
    }

    public void Dispose() => _home.Dispose();

    [GeneratedRegex("^hopx_live_[A-Za-z0-9]{12}\\.[A-Za-z0-9_-]{43}$")]
    private static partial Regex HopxKey();
}
