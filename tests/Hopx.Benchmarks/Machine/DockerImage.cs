namespace Hopx.Benchmarks.Machine;

/// <summary>The template as a Docker image, since an image that could be pulled would have another Python.</summary>
internal static class DockerImage
{
    private const string Name = "hopx-benchmarks/code-interpreter";

    public static Task ImportAsync() => Programs.RunAsync(
        "sh", "-c", "tar --create --directory \"$(find \"$1\" -maxdepth 2 -name rootfs | sort | tail -n 1)\" . | docker import - \"$2\"",
        "sh", Path.Combine(Places.Templates, BenchmarkHome.Template), Name);

    public static Task RemoveAsync() => Programs.RunAsync("docker", "image", "rm", Name);

    public static Task<string> RunPythonAsync() => Programs.RunAsync("docker", "run", "--rm", "--network", "none", Name, "python3", "-c", "print(6 * 7)");
}
