using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Opens and makes one directory after the other beneath the same one. The next is mostly the last one again, or lies in it, so that depth costs nothing.</summary>
/// <param name="top">Where the paths begin; stays the caller's.</param>
/// <param name="path">What it is to a caller, for error messages.</param>
internal sealed class DirectoryCursor(SafeFileHandle top, SandboxPath path) : IDisposable
{
    private SafeFileHandle? _current;
    private string _name = "";

    /// <summary>A directory, made with its parents where it is missing; stays the cursor's.</summary>
    public SafeFileHandle Open(string relative)
    {
        if (_current is not null && relative == _name)
        {
            return _current;
        }

        var isBelow = _current is not null && _name.Length > 0 && relative.Length > _name.Length && relative[_name.Length] == '/' && relative.StartsWith(_name, StringComparison.Ordinal);
        var next = isBelow
            ? BeneathDirectory.OpenOrMake(_current!, relative[(_name.Length + 1)..], path)
            : BeneathDirectory.OpenOrMake(top, relative, path);
        _current?.Dispose();
        _current = next;
        _name = relative;
        return next;
    }

    public void Dispose() => _current?.Dispose();
}
