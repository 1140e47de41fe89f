namespace Hopx.Agent;

/// <summary>What an interpreter takes from its surroundings while it starts, and cannot be changed in a fork of it.</summary>
internal sealed record PythonIdentity(string Executable, string Variables)
{
    private static readonly string[] Prefixes = ["PYTHON", "LD_", "LC_", "MPL", "OPENBLAS_", "OMP_", "MKL_", "BLIS_", "NUMEXPR_", "NPY_", "MALLOC_", "GLIBC_", "PYENV_"];

    private static readonly string[] Names = ["LANG", "HOME", "VIRTUAL_ENV"];

    public static PythonIdentity Of(string executable, IReadOnlyDictionary<string, string> environment) => new(
        executable,
        string.Join('\0', environment.Where(Matters).OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => $"{variable.Key}={variable.Value}")));

    private static bool Matters(KeyValuePair<string, string> variable) =>
        Array.Exists(Prefixes, prefix => variable.Key.StartsWith(prefix, StringComparison.Ordinal)) || Names.Contains(variable.Key, StringComparer.Ordinal);
}
