using System.Collections;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>
/// Environment variables of what runs in the sandbox: a request's own win over the callers' common ones, and these over the template's. They live as long as the agent:
/// a pause keeps them, a stop does not, and no value is ever written to disk or to a log.
/// </summary>
internal sealed class SandboxEnvironment
{
    private const string OwnPrefix = "HOPX_";

    // What a client got from a service that hides values, and sends back unchanged.
    private const string Mask = "***MASKED***";
    private const int MaxVariables = 4096;

    // Linux passes at most 128 KiB as one string.
    private const int MaxVariableBytes = 120 * 1024;
    private const int MaxTotalBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _template;
    private Dictionary<string, string> _common = [];

    /// <param name="inherited">The agent's own environment.</param>
    public SandboxEnvironment(IDictionary inherited)
    {
        _template = new()
        {
            ["PATH"] = ExecutableSearch.DefaultPath,
            ["HOME"] = "/root",
            ["LANG"] = "C.UTF-8",
        };
        foreach (DictionaryEntry variable in inherited)
        {
            // What the control plane told the agent is the agent's business alone.
            if (variable is { Key: string { Length: > 0 } name, Value: string value } && !name.StartsWith(OwnPrefix, StringComparison.Ordinal))
            {
                _template[name] = value;
            }
        }
    }

    public Dictionary<string, string> GetAll() => Merge(_template, Snapshot());

    /// <summary>The environment of one run.</summary>
    public Dictionary<string, string> For(IReadOnlyDictionary<string, string>? request)
    {
        var own = request?.Where(variable => variable.Value is not null).ToDictionary() ?? [];
        Check(own);
        return Merge(GetAll(), own);
    }

    /// <summary>Replaces what callers have set before; null and the mask of a value that is unknown set nothing.</summary>
    public void ReplaceAll(IReadOnlyDictionary<string, string?> variables) => Apply([], variables);

    /// <summary>Adds and changes variables; null takes one away.</summary>
    public void Update(IReadOnlyDictionary<string, string?> variables) => Apply(null, variables);

    public void Remove(string name)
    {
        lock (_gate)
        {
            _common = _common.Where(variable => variable.Key != name).ToDictionary();
        }
    }

    private void Apply(Dictionary<string, string>? start, IReadOnlyDictionary<string, string?> variables)
    {
        lock (_gate)
        {
            var next = new Dictionary<string, string>(start ?? _common);
            foreach (var (name, value) in variables)
            {
                var meant = value == Mask ? _common.GetValueOrDefault(name) : value;
                if (meant is null)
                {
                    next.Remove(name);
                }
                else
                {
                    next[name] = meant;
                }
            }

            Check(next);
            _common = next;
        }
    }

    private Dictionary<string, string> Snapshot()
    {
        // Never changed, always replaced; so what is handed out stays as it is.
        lock (_gate)
        {
            return _common;
        }
    }

    private static Dictionary<string, string> Merge(Dictionary<string, string> lower, Dictionary<string, string> upper)
    {
        var merged = new Dictionary<string, string>(lower);
        foreach (var (name, value) in upper)
        {
            merged[name] = value;
        }

        return merged;
    }

    private static void Check(Dictionary<string, string> variables)
    {
        if (variables.Count > MaxVariables)
        {
            throw Refused($"{variables.Count} environment variables are too many; at most {MaxVariables} can be set.");
        }

        var total = 0;
        foreach (var (name, value) in variables)
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
            {
                throw Refused($"'{Shorten(name).Replace("\0", "\\0", StringComparison.Ordinal)}' is no name of an environment variable: it must not be empty nor hold '=' or NUL.");
            }

            if (value.Contains('\0', StringComparison.Ordinal))
            {
                throw Refused($"The value of the environment variable '{Shorten(name)}' holds a NUL character, which no variable can. Remove it, or write the data to a file.");
            }

            var bytes = Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value);
            total += bytes;
            if (bytes > MaxVariableBytes || total > MaxTotalBytes)
            {
                throw Refused($"The environment is too large at '{Shorten(name)}': {MaxVariableBytes / 1024} KiB a variable and {MaxTotalBytes / 1024} KiB in all are allowed. Write the data to a file.");
            }
        }
    }

    private static string Shorten(string name) => name.Length <= 100 ? name : name[..100] + "…";

    private static HopxException Refused(string message) => new(HopxErrorCode.InvalidRequest, message);
}
