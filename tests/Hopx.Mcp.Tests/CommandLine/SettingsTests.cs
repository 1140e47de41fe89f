using Hopx.Client;
using Hopx.Mcp.CommandLine.Settings;

namespace Hopx.Mcp.Tests.CommandLine;

public sealed class SettingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string> _environment = [];
    private readonly Dictionary<string, string> _flags = [];

    private string ConfigurationFile => Path.Combine(_directory.Path, "appsettings.json");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_flag_wins_over_the_environment_and_that_over_the_file()
    {
        File.WriteAllText(ConfigurationFile, """{ "Hopx": { "Runtime": "file", "MaxSandboxes": 3, "MaxProcesses": 100 } }""");
        _environment["HOPX_RUNTIME"] = "environment";
        _environment["HOPX_MAX_SANDBOXES"] = "4";
        _flags["Runtime"] = "flag";

        var options = Load().ControlPlane();

        Assert.Equal("flag", options.Runtime);
        Assert.Equal(4, options.MaxSandboxes);
        Assert.Equal(100, options.MaxProcesses);
    }

    [Fact]
    public void Where_nothing_is_set_the_defaults_hold()
    {
        var options = Load().Mcp();

        Assert.Equal(TimeSpan.FromSeconds(45), options.CallBudget);
        Assert.Equal(["default"], options.Toolsets);
        Assert.Contains("openai/session", options.ConversationMetaKeys);
    }

    [Fact]
    public void One_variable_sets_the_home_of_everything()
    {
        _environment["HOPX_HOME"] = _directory.Path;

        Assert.Equal(_directory.Path, Load().ControlPlane().Home);
        Assert.Equal(_directory.Path, Load().Mcp().Home);
    }

    [Fact]
    public void A_list_replaces_the_default_and_is_an_array_in_the_file_and_text_with_commas_elsewhere()
    {
        File.WriteAllText(ConfigurationFile, """{ "Hopx": { "AllowedHosts": ["one", "two", "three"], "ConversationMetaKeys": ["mine"] } }""");
        _environment["HOPX_ALLOWED_HOSTS"] = "a.example, b.example";

        var options = Load().Mcp();

        Assert.Equal(["a.example", "b.example"], options.AllowedHosts);
        Assert.Equal(["mine"], options.ConversationMetaKeys);
    }

    [Fact]
    public void Without_key_and_address_the_sandboxes_live_here() => Assert.Equal(ServiceKind.Embedded, Load().Service);

    [Fact]
    public void A_key_alone_means_the_cloud()
    {
        _environment["HOPX_API_KEY"] = "hopx_live_x.y";

        Assert.Equal(ServiceKind.Cloud, Load().Service);
        Assert.Equal(HopxClientOptions.CloudUrl, Load().Client().BaseUrl);
        Assert.Equal("hopx_live_x.y", Load().Client().ApiKey);
    }

    [Fact]
    public void An_address_means_that_control_plane_with_or_without_a_key()
    {
        _environment["HOPX_BASE_URL"] = "http://127.0.0.1:7070";

        Assert.Equal(ServiceKind.Remote, Load().Service);
        Assert.Equal(new Uri("http://127.0.0.1:7070"), Load().Client().BaseUrl);
    }

    [Fact]
    public void An_empty_variable_is_not_set()
    {
        _environment["HOPX_API_KEY"] = "";
        _environment["HOPX_BASE_URL"] = "";

        Assert.Equal(ServiceKind.Embedded, Load().Service);
    }

    [Theory]
    [InlineData("HOPX_MAX_SANDBOXES", "0", "between 1 and 10000")]
    [InlineData("HOPX_MAX_SANDBOXES", "many", "between 1 and 10000")]
    [InlineData("HOPX_REAP_INTERVAL", "01:00:00", "00:00:00.1 to 00:01:00")]
    [InlineData("HOPX_REAP_INTERVAL", "often", "00:00:00.1 to 00:01:00")]
    public void A_bad_setting_of_the_control_plane_is_told_with_name_value_and_range(string name, string value, string range)
    {
        _environment[name] = value;

        AssertTells(() => Load().ControlPlane(), name, value, range);
    }

    [Theory]
    [InlineData("HOPX_CALL_BUDGET", "45", "00:00:01 to 00:10:00")]
    [InlineData("HOPX_MAX_PICTURES", "21", "between 0 and 20")]
    [InlineData("HOPX_READ_ONLY", "perhaps", "true or false")]
    public void A_bad_setting_of_the_server_is_told_with_name_value_and_range(string name, string value, string range)
    {
        _environment[name] = value;

        AssertTells(() => Load().Mcp(), name, value, range);
    }

    [Theory]
    [InlineData("HOPX_MAX_RETRIES", "11", "between 0 and 10")]
    [InlineData("HOPX_BASE_URL", "example.com", "address of a HopX control plane")]
    [InlineData("HOPX_BASE_URL", "ftp://example.com", "address of a HopX control plane")]
    public void A_bad_setting_of_the_client_is_told_with_name_value_and_range(string name, string value, string range)
    {
        _environment[name] = value;

        AssertTells(() => Load().Client(), name, value, range);
    }

    [Fact]
    public void A_bad_setting_is_told_as_it_was_written()
    {
        File.WriteAllText(ConfigurationFile, """{ "Hopx": { "MaxSandboxes": 0 } }""");
        AssertTells(() => Load().ControlPlane(), "Hopx:MaxSandboxes", ConfigurationFile, "'0'");

        _flags["MaxSandboxes"] = "-1";
        AssertTells(() => Load().ControlPlane(), "--max-sandboxes", "'-1'");
    }

    [Fact]
    public void A_toolset_that_does_not_exist_stops_the_start()
    {
        _environment["HOPX_TOOLSETS"] = "default,everything";

        AssertTells(() => Load().Mcp(), "everything");
    }

    [Fact]
    public void A_file_that_is_no_JSON_is_named()
    {
        File.WriteAllText(ConfigurationFile, "{ oops");

        AssertTells(() => Load(), ConfigurationFile);
    }

    private HopxSettings Load() => HopxSettings.Load(_flags, _environment, ConfigurationFile);

    private static void AssertTells(Func<object> act, params string[] parts)
    {
        var failure = Assert.Throws<HopxException>(act);
        Assert.Equal(HopxErrorCode.InvalidConfiguration, failure.Code);
        Assert.All(parts, part => Assert.Contains(part, failure.Message, StringComparison.Ordinal));
    }
}
