using System.Globalization;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Fills <see cref="AgentOptions"/> from the <c>HOPX_*</c> variables, whose prefix the configuration has taken off.</summary>
internal sealed class AgentOptionsSetup(IConfiguration configuration) : IConfigureOptions<AgentOptions>
{
    public void Configure(AgentOptions options)
    {
        options.Listen = configuration["AGENT_LISTEN"] ?? "";
        options.SandboxId = configuration["SANDBOX_ID"] ?? "";
        options.TokenPublicKey = configuration["TOKEN_PUBLIC_KEY"] ?? "";
        options.Deadline = Parse("DEADLINE", text => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal));
        options.MemoryLimitBytes = Parse("MEMORY_LIMIT_BYTES", text => long.Parse(text, CultureInfo.InvariantCulture));
        options.ProcessLimit = Parse("PROCESS_LIMIT", text => int.Parse(text, CultureInfo.InvariantCulture));
        options.MemoryWatchdog = configuration["MEMORY_WATCHDOG"] is "1" or "true";
        if (configuration["WORKDIR"] is { Length: > 0 } workdir)
        {
            options.Workdir = workdir.Length > 1 ? workdir.TrimEnd('/') : workdir;
        }
    }

    private T? Parse<T>(string name, Func<string, T> parse)
        where T : struct
    {
        if (configuration[name] is not { Length: > 0 } text)
        {
            return null;
        }

        try
        {
            return parse(text);
        }
        catch (Exception unreadable) when (unreadable is FormatException or OverflowException)
        {
            throw new OptionsValidationException(nameof(AgentOptions), typeof(AgentOptions), [$"HOPX_{name} is '{text}', which cannot be read: {unreadable.Message}"]);
        }
    }
}
