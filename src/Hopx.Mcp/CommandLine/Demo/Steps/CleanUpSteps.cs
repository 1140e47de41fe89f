namespace Hopx.Mcp.CommandLine.Demo.Steps;

/// <summary>What was made is deleted, and nothing of it is left.</summary>
internal static class CleanUpSteps
{
    public static async Task RunAsync(DemoSession demo, CancellationToken cancellationToken) =>
        await demo.CheckAsync("Deleted sandboxes leave nothing behind", async () =>
        {
            var ids = demo.Sandboxes.ToList();
            foreach (var id in ids)
            {
                await demo.CallAsync("sandbox_delete", new() { ["sandbox_id"] = id }, cancellationToken);
            }

            var listed = await demo.CallAsync("sandbox_list", [], cancellationToken);
            foreach (var id in ids)
            {
                Expect.That(!listed.Text.Contains(id, StringComparison.Ordinal), $"a list without {id}", listed.Text);
                var remains = RemainsOf(demo, id).ToList();
                Expect.That(remains is [], $"nothing of {id} on this machine", string.Join(", ", remains));
                demo.Forget(id);
            }

            return $"{ids.Count} sandboxes: no process, mount, cgroup or directory";
        });

    private static IEnumerable<string> RemainsOf(DemoSession demo, string id)
    {
        var remains = demo.Machine.Runtime.FindRemains();
        if (remains.Processes.TryGetValue(id, out var processes))
        {
            yield return $"{processes.Count} processes";
        }

        if (remains.Directories.Contains(id) || Directory.Exists(Path.Combine(demo.Machine.Home.Path, "sandboxes", id)))
        {
            yield return "a directory";
        }

        if (remains.ControlGroups.Contains(id))
        {
            yield return "a cgroup";
        }

        if (remains.RuntimeStates.Contains(id))
        {
            yield return "a state of the OCI runtime";
        }

        if (MountsOf(id) is { Count: > 0 } mounts)
        {
            yield return $"mounts in the namespaces of processes {string.Join(", ", mounts)}";
        }
    }

    /// <summary>Processes, of anybody whom this user may look at, in whose mount namespace the sandbox still has a mount.</summary>
    private static List<string> MountsOf(string id)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(directory => char.IsAsciiDigit(Path.GetFileName(directory)[0])))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "mountinfo")).Contains(id, StringComparison.Ordinal))
                {
                    found.Add(Path.GetFileName(process));
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile, or another user's.
            }
        }

        return found;
    }
}
