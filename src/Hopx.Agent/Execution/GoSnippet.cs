using System.Text;
using System.Text.RegularExpressions;

namespace Hopx.Agent;

/// <summary>
/// Makes a program of Go code. A file with a package clause stays as it is. Declarations get <c>package main</c>; bare statements
/// also get a <c>main</c> around them; common packages of the standard library that are used and not imported are imported.
/// Error messages go on to name the lines of the code as it was given.
/// </summary>
internal static partial class GoSnippet
{
    // Where a name is the last part of several paths, the likelier one stands here.
    private static readonly string[] KnownPackages =
    [
        "bufio", "bytes", "context", "crypto/md5", "crypto/sha1", "crypto/sha256", "encoding/base64", "encoding/binary", "encoding/csv", "encoding/hex",
        "encoding/json", "errors", "fmt", "io", "log", "maps", "math", "math/big", "math/bits", "math/rand", "net/http", "net/url", "os", "os/exec",
        "path/filepath", "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "sync", "sync/atomic", "text/tabwriter", "time", "unicode",
        "unicode/utf8",
    ];

    public static string Complete(string code)
    {
        if (PackageClause().IsMatch(code))
        {
            return code;
        }

        var (imports, rest, firstLine) = SplitImports(code);
        var program = new StringBuilder("package main\n\n").Append(imports);
        foreach (var package in KnownPackages.Where(package => IsUsed(package, rest) && !imports.Contains($"\"{package}\"", StringComparison.Ordinal)))
        {
            program.Append("import \"").Append(package).Append("\"\n");
        }

        return (MainFunction().IsMatch(rest)
            ? program.Append("\n//line main.go:").Append(firstLine).Append('\n').Append(rest)
            : AppendStatements(program, rest, firstLine)).ToString();
    }

    // Functions and types cannot stand inside main as they are, so those that begin a line stay outside.
    private static StringBuilder AppendStatements(StringBuilder program, string code, int firstLine)
    {
        var declarations = new StringBuilder();
        var statements = new StringBuilder();
        var lineNumber = firstLine;
        StringBuilder? last = null;
        var isInDeclaration = false;
        foreach (var line in code.Split('\n'))
        {
            var begins = !isInDeclaration && Declaration().IsMatch(line);
            var target = begins || isInDeclaration ? declarations : statements;
            if (target != last || begins)
            {
                target.Append("//line main.go:").Append(lineNumber).Append('\n');
                last = target;
            }

            target.Append(line).Append('\n');
            isInDeclaration = begins ? line.TrimEnd() is [.., '{' or '('] : isInDeclaration && line is not ['}' or ')', ..];
            lineNumber++;
        }

        return program.Append('\n').Append(declarations).Append("\nfunc main() {\n").Append(statements).Append("}\n");
    }

    private static (string Imports, string Body, int FirstLine) SplitImports(string code)
    {
        var end = 0;
        while (ImportDeclaration().Match(code[end..]) is { Success: true } import)
        {
            end += import.Length;
        }

        return (code[..end], code[end..], code.AsSpan(0, end).Count('\n') + 1);
    }

    private static bool IsUsed(string package, string code)
    {
        var name = package[(package.LastIndexOf('/') + 1)..] + ".";
        for (var at = code.IndexOf(name, StringComparison.Ordinal); at >= 0; at = code.IndexOf(name, at + 1, StringComparison.Ordinal))
        {
            var isWholeName = at == 0 || (!char.IsLetterOrDigit(code[at - 1]) && code[at - 1] is not ('_' or '.' or '"' or '/'));
            if (isWholeName && at + name.Length < code.Length && char.IsAsciiLetterUpper(code[at + name.Length]))
            {
                return true;
            }
        }

        return false;
    }

    [GeneratedRegex(@"^\s*package\s+\w+", RegexOptions.Multiline)]
    private static partial Regex PackageClause();

    [GeneratedRegex(@"^func\s+main\s*\(", RegexOptions.Multiline)]
    private static partial Regex MainFunction();

    [GeneratedRegex(@"^(func\s+(\(|\w)|type\s+\w)")]
    private static partial Regex Declaration();

    [GeneratedRegex("""\A(\s|//[^\n]*\n)*import\s*(\([^)]*\)|([\w.]+\s+)?"[^"]*")[ \t;]*\n?""")]
    private static partial Regex ImportDeclaration();
}
