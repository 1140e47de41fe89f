namespace Hopx.Testing;

/// <summary>A file or, without content, a directory.</summary>
public sealed record FakeFile(ReadOnlyMemory<byte>? Content, string Mode, DateTimeOffset Modified)
{
    public bool IsDirectory => Content is null;

    /// <summary>As <c>ls -l</c> shows them.</summary>
    internal string Permissions => (IsDirectory ? "d" : "-") + string.Concat(Mode[^3..].Select(digit => Triples[digit - '0']));

    private static string[] Triples => ["---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"];
}
