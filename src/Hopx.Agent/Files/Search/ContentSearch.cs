using Hopx.Client;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Finds lines in files, as <c>grep -r</c> does, within bounds of number, size and time. Files that hold no text are passed over.</summary>
internal sealed unsafe class ContentSearch(SandboxFileSystem files, TimeProvider time)
{
    private const int DefaultLimit = 200;
    private const int MaxLimit = 5000;
    private const int MaxContext = 20;

    public FileSearchResult Search(SearchFilesRequest request, CancellationToken cancellationToken)
    {
        var pattern = new LinePattern(request);
        var glob = string.IsNullOrEmpty(request.Include) ? null : new Glob(request.Include);
        if (request.Context is < 0 or > MaxContext)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'context' is {request.Context}; it must be from 0 to {MaxContext} lines.");
        }

        var bounds = new SearchBounds(
            SearchBounds.Limit(request.Limit, DefaultLimit, MaxLimit), SearchBounds.Patience(request.Timeout), time, cancellationToken);
        var path = string.IsNullOrEmpty(request.Path) ? files.Workdir : files.Locate(request.Path);
        using var scan = new FileScan(pattern, request.Context ?? 0, bounds);
        using var found = files.Find(path) ?? (path == files.Workdir ? files.OpenDirectory(path, create: true) : throw FileErrors.NotFound(path.Full));
        if (SandboxFileSystem.GetStatus(found, path).IsDirectory)
        {
            SearchTree(found, path, glob, request.Exclude ?? SearchBounds.DefaultExcluded, scan, bounds);
        }
        else
        {
            using var file = SandboxFileSystem.OpenForReading(found, path);
            scan.Run(file.Number(), () => path.Full);
        }

        scan.Matches.Sort((one, other) => string.CompareOrdinal(one.Path, other.Path) is var order and not 0 ? order : one.Line.CompareTo(other.Line));
        return new FileSearchResult
        {
            Path = path.Full,
            Matches = scan.Matches,
            Count = scan.Matches.Count,
            FilesSearched = scan.Files,
            BinaryFiles = scan.BinaryFiles,
            Truncated = bounds.TruncatedBy is not null,
            TruncatedBy = bounds.TruncatedBy,
        };
    }

    private static void SearchTree(SafeFileHandle found, SandboxPath path, Glob? glob, IReadOnlyCollection<string> excluded, FileScan scan, SearchBounds bounds)
    {
        using var opened = SandboxFileSystem.OpenToRead(found, path);
        using var walk = new TreeWalk(opened, excluded);
        Span<char> buffer = new char[4 * 1024];
        Func<string> name = () => path.Child(walk.GetPath()).Full;
        while (bounds.Continue() && walk.MoveNext())
        {
            if (walk.Type != TreeWalk.Regular || !NameSearch.Matches(glob, walk, buffer))
            {
                continue;
            }

            // A file that was replaced by a pipe meanwhile must not hold us up.
            var descriptor = Libc.OpenAt(
                walk.Parent.Number(), walk.NamePointer, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, 0);
            if (descriptor < 0)
            {
                continue;
            }

            try
            {
                scan.Run(descriptor, name);
            }
            finally
            {
                _ = Libc.Close(descriptor);
            }
        }
    }
}
