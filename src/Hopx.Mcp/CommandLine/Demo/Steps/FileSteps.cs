namespace Hopx.Mcp.CommandLine.Demo.Steps;

/// <summary>A file is edited and read back.</summary>
internal static class FileSteps
{
    public static async Task RunAsync(DemoSession demo, CancellationToken cancellationToken) =>
        await demo.CheckAsync("A file is edited and read back", async () =>
        {
            const string Path = "/workspace/notes/irises.md";
            await demo.CallAsync("write_file", new() { ["path"] = Path, ["content"] = "# Irises\n\nThe longest petals: unknown\n" }, cancellationToken);
            var edited = await demo.CallAsync(
                "edit_file", new() { ["path"] = Path, ["old_text"] = "unknown", ["new_text"] = "virginica" }, cancellationToken);
            Expect.Equal("1", edited.Fact("replacements"));
            var read = await demo.CallAsync("read_file", new() { ["path"] = Path }, cancellationToken);
            Expect.Equal("# Irises\n\nThe longest petals: virginica", read.Fact("content").TrimEnd('\n'));
            var listed = await demo.CallAsync("list_files", new() { ["path"] = "/workspace/notes" }, cancellationToken);
            Expect.Contains("irises.md", listed.Text);
            var refused = await demo.TryCallAsync("edit_file", new() { ["path"] = Path, ["old_text"] = "setosa", ["new_text"] = "x" }, cancellationToken);
            Expect.That(refused.IsError, "an edit of text that is not there to be refused", refused.Text);
            return "one place changed; text that is not there is refused";
        });
}
