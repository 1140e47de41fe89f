using System.Collections;
using Hopx.Client;
using Hopx.ControlPlane;
using Hopx.Mcp.Hosting;
using Hopx.Mcp.Tools;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.CommandLine.Settings;

/// <summary>What flags, the environment and <c>appsettings.json</c> say, in this order, bound and checked.</summary>
internal sealed class HopxSettings
{
    /// <summary>Name of the setting that says how a server writes its log.</summary>
    public const string LogFormat = "LogFormat";

    private readonly ConfigurationRoot _values;

    private HopxSettings(ConfigurationRoot values) => _values = values;

    /// <summary>Where the sandboxes live: decided here and nowhere else.</summary>
    public ServiceKind Service =>
        Text(nameof(HopxClientOptions.BaseUrl)) is not null ? ServiceKind.Remote
        : Text(nameof(HopxClientOptions.ApiKey)) is not null ? ServiceKind.Cloud
        : ServiceKind.Embedded;

    /// <summary>The settings of this process.</summary>
    public static HopxSettings Load(IEnumerable<KeyValuePair<string, string>> flags) =>
        Load(flags, Environment.GetEnvironmentVariables(), Path.Combine(AppContext.BaseDirectory, "appsettings.json"));

    /// <param name="flags">Property names and values from the command line.</param>
    /// <param name="environment">Environment variables.</param>
    /// <param name="file">A JSON file; need not be there.</param>
    public static HopxSettings Load(IEnumerable<KeyValuePair<string, string>> flags, IDictionary environment, string file)
    {
        var sources = new List<IConfigurationProvider>
        {
            new SettingSource(ReadFile(file), property => $"{SettingNames.Key(property)} in '{file}'"),
            new SettingSource(SettingNames.FromEnvironment(environment), SettingNames.Variable),
            new SettingSource(flags.Select(flag => KeyValuePair.Create(SettingNames.Key(flag.Key), (string?)flag.Value)), SettingNames.Flag),
        };
        return new HopxSettings(new ConfigurationRoot(sources));
    }

    /// <summary>Whether a server writes its log for programs, one JSON object in each line.</summary>
    public bool LogsJson => Text(LogFormat) switch
    {
        null or "text" => false,
        "json" => true,
        _ => throw SettingFailures.Of(_values, LogFormat, "must be text or json."),
    };

    /// <summary>Settings of the embedded control plane.</summary>
    public ControlPlaneOptions ControlPlane()
    {
        var options = Bind(static (values, options) => values.Bind(options), static () => new ControlPlaneOptions(), new ControlPlaneOptionsValidator());
        options.Home = Path.GetFullPath(options.Home);
        return options;
    }

    /// <summary>Settings of the MCP server.</summary>
    public HopxMcpOptions Mcp() => Bind(Bind, static () => new HopxMcpOptions(), new HopxMcpOptionsValidator(), new ToolsetsValidator());

    /// <summary>The same for a host that makes the options itself.</summary>
    public void ConfigureMcp(HopxMcpOptions options) => Bind(_values.GetSection(SettingNames.Section), options);

    /// <summary>Settings of the client of a service elsewhere.</summary>
    public HopxClientOptions Client()
    {
        var options = Bind(static (values, options) => values.Bind(options), static () => new HopxClientOptions(), new HopxClientOptionsValidator());
        if (Service is not ServiceKind.Remote)
        {
            options.BaseUrl = HopxClientOptions.CloudUrl;
        }
        else if (!options.BaseUrl.IsAbsoluteUri || options.BaseUrl.Scheme is not ("http" or "https"))
        {
            throw SettingFailures.Of(_values, nameof(options.BaseUrl), "must be the address of a HopX control plane, such as https://hopx.example.com.");
        }

        return options;
    }

    private void Bind(IConfiguration values, HopxMcpOptions options)
    {
        var defaults = new HopxMcpOptions();
        values.Bind(options);
        // Binding would add to the defaults; whoever names a list means that list.
        options.Toolsets = List(nameof(options.Toolsets)) ?? defaults.Toolsets;
        options.ConversationMetaKeys = List(nameof(options.ConversationMetaKeys)) ?? defaults.ConversationMetaKeys;
        options.ConversationVariables = List(nameof(options.ConversationVariables)) ?? defaults.ConversationVariables;
        options.AllowedHosts = List(nameof(options.AllowedHosts)) ?? defaults.AllowedHosts;
        options.AllowedOrigins = List(nameof(options.AllowedOrigins)) ?? defaults.AllowedOrigins;
        // One home for everything.
        options.Home = ControlPlane().Home;
    }

    private T Bind<T>(Action<IConfiguration, T> bind, Func<T> create, params IValidateOptions<T>[] validators)
        where T : class
    {
        var options = create();
        try
        {
            bind(_values.GetSection(SettingNames.Section), options);
        }
        catch (InvalidOperationException failure)
        {
            throw SettingFailures.Unreadable(_values, failure, values =>
            {
                var other = create();
                bind(values.GetSection(SettingNames.Section), other);
                return FailuresOf(other, validators);
            });
        }

        var failures = FailuresOf(options, validators);
        return failures.Count is 0 ? options : throw SettingFailures.OutOfRange(_values, failures[0]);
    }

    private static List<string> FailuresOf<T>(T options, IEnumerable<IValidateOptions<T>> validators)
        where T : class =>
        [.. validators.Select(validator => validator.Validate(name: null, options)).Where(result => result.Failed).SelectMany(result => result.Failures ?? [])];

    // An empty variable is how a shell, a container or an MCP client's configuration says "not set".
    private string? Text(string property) => _values[SettingNames.Key(property)] is { Length: > 0 } text ? text : null;

    /// <summary>A list: in JSON an array, elsewhere text with commas.</summary>
    private string[]? List(string property)
    {
        var key = SettingNames.Key(property);
        return Text(property) is { } text
            ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : _values.GetSection(key).GetChildren().Select(child => child.Value).OfType<string>().ToArray() is { Length: > 0 } items ? items : null;
    }

    private static Dictionary<string, string?> ReadFile(string file)
    {
        if (!File.Exists(file))
        {
            return [];
        }

        try
        {
            var values = new ConfigurationBuilder().AddJsonFile(Path.GetFullPath(file), optional: true, reloadOnChange: false).Build();
            return values.AsEnumerable().ToDictionary(StringComparer.OrdinalIgnoreCase);
        }
        catch (InvalidDataException failure)
        {
            throw new HopxException(HopxErrorCode.InvalidConfiguration, $"'{file}' cannot be read: {failure.InnerException?.Message ?? failure.Message}", failure);
        }
    }
}
