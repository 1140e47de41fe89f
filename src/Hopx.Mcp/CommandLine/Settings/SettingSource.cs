using Microsoft.Extensions.Configuration.Memory;

namespace Hopx.Mcp.CommandLine.Settings;

/// <summary>One of the places that settings come from, and how a setting is spelled there.</summary>
internal sealed class SettingSource(IEnumerable<KeyValuePair<string, string?>> values, Func<string, string> spell)
    : MemoryConfigurationProvider(new MemoryConfigurationSource { InitialData = values }), IConfigurationSource
{
    /// <summary>What the user wrote to set the property of that name.</summary>
    public string Spell(string property) => spell(property);

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;
}
