using Hopx.Client;

namespace Hopx.Mcp.CommandLine.Settings;

/// <summary>Says of a bad setting: its name as the user wrote it, its value, and what is allowed.</summary>
internal static class SettingFailures
{
    /// <summary>Values that can be read but lie outside of every range, so that the check itself tells the range.</summary>
    private static readonly (string Type, string What, string? OutOfRange)[] Types =
    [
        ("System.Int32", "a whole number", "-2147483648"),
        ("System.TimeSpan", "a time as hours:minutes:seconds, such as 00:05:00", "-10000000.00:00:00"),
        ("System.Boolean", "true or false", null),
        ("System.Uri", "a URL", null),
    ];

    public static HopxException Of(ConfigurationRoot values, string property, string sentence)
    {
        var key = SettingNames.Key(property);
        var source = values.Providers.OfType<SettingSource>().LastOrDefault(source => source.TryGet(key, out _));
        return new HopxException(
            HopxErrorCode.InvalidConfiguration,
            source is null ? $"{SettingNames.Variable(property)} {sentence}" : $"{source.Spell(property)} is '{values[key]}'; it {sentence}");
    }

    /// <summary>From the sentence of a validator: <c>Name: The field Options.Name must …</c>.</summary>
    public static HopxException OutOfRange(ConfigurationRoot values, string failure) =>
        failure.IndexOf(": ", StringComparison.Ordinal) is var colon and > 0 && failure.AsSpan(0, colon).IndexOf(' ') < 0
            ? Of(values, failure[..colon], Rule(failure))
            : new HopxException(HopxErrorCode.InvalidConfiguration, failure);

    /// <summary>From what binding says of a text that is no number, time or the like.</summary>
    /// <param name="values">All settings.</param>
    /// <param name="failure">What binding threw.</param>
    /// <param name="check">Binds and checks other settings.</param>
    public static HopxException Unreadable(ConfigurationRoot values, InvalidOperationException failure, Func<IConfiguration, List<string>> check)
    {
        if (KeyIn(failure.Message) is not { } key)
        {
            return new HopxException(HopxErrorCode.InvalidConfiguration, failure.Message, failure);
        }

        var (_, what, outOfRange) = Types.FirstOrDefault(type => failure.Message.Contains(type.Type, StringComparison.Ordinal), ("", "readable", null));
        var property = ConfigurationPath.GetSectionKey(key);
        var rule = outOfRange is null ? null : FindRule(new ConfigurationBuilder().AddConfiguration(values).AddInMemoryCollection([new(key, outOfRange)]).Build(), property, check);
        return Of(values, property, rule is null ? $"must be {what}." : $"is not {what}, and {rule}");
    }

    // Binding names the setting only in its sentence: "… at 'Hopx:MaxSandboxes' to type …".
    private static string? KeyIn(string message)
    {
        var start = message.IndexOf($"'{SettingNames.Section}:", StringComparison.Ordinal) + 1;
        return start > 0 && message.IndexOf('\'', start) is var end and > 0 ? message[start..end] : null;
    }

    private static string? FindRule(IConfiguration values, string property, Func<IConfiguration, List<string>> check)
    {
        try
        {
            return check(values).FirstOrDefault(failure => failure.StartsWith(property + ":", StringComparison.Ordinal)) is { } failure ? Rule(failure) : null;
        }
        catch (InvalidOperationException)
        {
            // A second setting is unreadable too; it has its turn when the first is mended.
            return null;
        }
    }

    private static string Rule(string failure) => failure.IndexOf(" must be ", StringComparison.Ordinal) is var at and >= 0 ? failure[(at + 1)..] : "is not allowed: " + failure;
}
