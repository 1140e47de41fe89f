using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hopx.ControlPlane.Runtime;

/// <summary>
/// What a trial of a runtime found, kept over restarts: the first create of a server need not wait for another one.
/// Only a good verdict is kept, and only while nothing that it depends on has changed.
/// </summary>
/// <param name="file">Where it is kept.</param>
internal sealed class OciRuntimeVerdicts(string file)
{
    private const string BootId = "/proc/sys/kernel/random/boot_id";

    /// <summary>A runtime that worked when it was tried as it is now; null when it was not, or something has changed since.</summary>
    public OciRuntime? Find(string path, Machine machine)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), OciRuntimeVerdictJson.Default.KeptVerdict) is { } kept && kept.Runtime.Path == path && kept.Circumstances == Describe(path, machine)
                ? kept.Runtime
                : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            // It is tried again, that is all.
            return null;
        }
    }

    public void Keep(OciRuntime runtime, Machine machine)
    {
        var temporary = $"{file}.{Guid.NewGuid():N}";
        try
        {
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(new KeptVerdict(runtime, Describe(runtime.Path, machine)), OciRuntimeVerdictJson.Default.KeptVerdict));
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // The next server tries the runtime again, that is all.
        }
    }

    public void Forget()
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // Whatever keeps it from being removed keeps a new one from being written, and it has been judged in this process.
        }
    }

    /// <summary>All that decides whether a runtime works: its file, the kernel since its boot, and how sandboxes are launched on it.</summary>
    private static string Describe(string path, Machine machine)
    {
        // What a link leads to, since an upgrade changes that.
        var binary = new FileInfo(RealPath.Of(path));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{binary.FullName} {binary.Length} {binary.LastWriteTimeUtc.Ticks}; {Environment.OSVersion.Version} {File.ReadAllText(BootId).Trim()}; {machine.User.Name} {(machine.Nested ? "nested" : "plain")} {machine.UsesDiskImage}; {machine.ControlGroups.Version} {string.Join(',', machine.ControlGroups.Controllers.Order(StringComparer.Ordinal))}");
    }
}

/// <summary>A runtime that worked, and what it depended on.</summary>
internal sealed record KeptVerdict(OciRuntime Runtime, string Circumstances);

[JsonSerializable(typeof(KeptVerdict))]
internal sealed partial class OciRuntimeVerdictJson : JsonSerializerContext;
