namespace Hopx.Agent.Tests;

public sealed class GoSnippetTests
{
    [Fact]
    public void A_program_stays_as_it_is()
    {
        const string Program = "// comment\npackage main\nfunc main() {}\n";
        Assert.Equal(Program, GoSnippet.Complete(Program));
    }

    [Fact]
    public void Bare_statements_get_a_main_and_the_imports_they_use()
    {
        var program = GoSnippet.Complete("fmt.Println(strings.ToUpper(\"a\"))");
        Assert.StartsWith("package main\n", program, StringComparison.Ordinal);
        Assert.Contains("import \"fmt\"\n", program, StringComparison.Ordinal);
        Assert.Contains("import \"strings\"\n", program, StringComparison.Ordinal);
        Assert.Contains("func main() {\n//line main.go:1\nfmt.Println", program, StringComparison.Ordinal);
        Assert.DoesNotContain("\"os\"", program, StringComparison.Ordinal);
    }

    [Fact]
    public void Functions_stay_outside_main_and_lines_keep_their_numbers()
    {
        var program = GoSnippet.Complete("import (\n\t\"fmt\"\n)\n\nfunc twice(x int) int {\n\treturn 2 * x\n}\nfmt.Println(twice(2))");
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(program, "\"fmt\""));
        Assert.Contains("//line main.go:5\nfunc twice(x int) int {\n\treturn 2 * x\n}\n", program, StringComparison.Ordinal);
        Assert.Contains("//line main.go:8\nfmt.Println(twice(2))\n}", program, StringComparison.Ordinal);
    }
}
