using System.Security.Cryptography;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Tools;

/// <summary>Keeps results within what clients and models take: head and tail are shown, the whole goes into a file in the sandbox.</summary>
internal sealed class OutputBudget(IOptions<HopxMcpOptions> options)
{
    public const string Directory = "/tmp/hopx/outputs";

    public async Task<IReadOnlyList<OutputSection>> FitAsync(OpenSandbox sandbox, IReadOnlyList<OutputSection> sections, CancellationToken cancellationToken)
    {
        if (sections.Sum(section => (long)section.Text.Length) <= options.Value.OutputBudget)
        {
            return sections;
        }

        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        var fitted = new List<OutputSection>(sections.Count);
        foreach (var (section, share) in Share(sections, options.Value.OutputBudget))
        {
            fitted.Add(section.Text.Length <= share ? section : section with
            {
                File = await KeepAsync(sandbox, $"{Directory}/{name}-{section.Name}.txt", section.Text, cancellationToken),
                Shown = HeadAndTail(section.Text, share),
                IsCut = true,
            });
        }

        return fitted;
    }

    // The short ones whole, the long ones in equal parts.
    private static List<(OutputSection Section, int Share)> Share(IReadOnlyList<OutputSection> sections, int budget)
    {
        var shares = new Dictionary<OutputSection, int>(ReferenceEqualityComparer.Instance);
        var left = budget;
        var waiting = sections.Count;
        foreach (var section in sections.OrderBy(section => section.Text.Length))
        {
            shares[section] = Math.Min(section.Text.Length, left / waiting--);
            left -= shares[section];
        }

        return [.. sections.Select(section => (section, shares[section]))];
    }

    private static string HeadAndTail(string text, int share)
    {
        var head = OutputText.SafeCut(text, share / 2);
        var tail = OutputText.SafeCut(text, text.Length - (share / 2));
        return $"{text[..head]}\n[… {tail - head:N0} characters left out here …]\n{text[tail..]}";
    }

    private static async Task<string?> KeepAsync(OpenSandbox sandbox, string path, string text, CancellationToken cancellationToken)
    {
        try
        {
            await sandbox.Agent.Files.WriteAsync(path, text, cancellationToken);
            return path;
        }
        catch (HopxException)
        {
            // A full disk, say. What is shown is worth more than an error.
            return null;
        }
    }
}
