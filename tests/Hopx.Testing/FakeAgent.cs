using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Hopx.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hopx.Testing;

/// <summary>Routes of the agent of one sandbox.</summary>
internal static class FakeAgent
{
    public static void Map(IEndpointRouteBuilder app, FakeHopxCloud cloud, FakeSandbox sandbox)
    {
        var features = new AgentFeatures { CodeExecution = true, FileOperations = true, Languages = ["python", "javascript", "bash", "go"] };
        app.MapGet("/ping", () => TypedResults.Ok(new Dictionary<string, string> { ["status"] = "ok", ["message"] = "pong" }));
        app.MapGet("/health", () => TypedResults.Ok(
            new AgentHealth { Status = "healthy", Agent = "hopx-vm-agent", Version = "3.2.8", Uptime = "1m2s", UptimeSeconds = 62, VmId = sandbox.Id, Features = features }));
        app.MapGet("/info", () => TypedResults.Ok(
            new AgentInfo { Agent = "hopx-vm-agent", Version = "3.2.8", AgentVersion = "3.2.8", VmId = sandbox.Id, Os = "linux", Arch = "amd64", Port = "7777", Features = features }));
        app.MapPost("/execute", async (ExecuteRequest request, CancellationToken callerLeft) => TypedResults.Ok(
            string.IsNullOrEmpty(request.Code) ? throw Missing("code") : await cloud.Execution(sandbox, request, callerLeft)));
        app.MapPost("/commands/run", async (CommandRequest request, CancellationToken callerLeft) => TypedResults.Ok(
            string.IsNullOrEmpty(request.Command) ? throw Missing("command") : await cloud.Command(sandbox, request, callerLeft)));
        app.MapPost("/desktop/act", (ActRequest request) =>
        {
            if (sandbox.Request.TemplateName is not "desktop")
            {
                throw new FakeErrorException(HopxErrorCode.DesktopNotAvailable, "There is no desktop");
            }

            return TypedResults.Ok((cloud.Act ?? throw new FakeErrorException(HopxErrorCode.ResourceNotFound, "Unknown endpoint"))(request));
        });
        MapJobs(app, sandbox);
        MapEnvironment(app, cloud, sandbox.Environment);
        MapFiles(app.MapGroup("/files"), cloud, sandbox.Files);
    }

    private static void MapJobs(IEndpointRouteBuilder app, FakeSandbox sandbox)
    {
        app.MapGet("/execute/processes", () => TypedResults.Ok(new ExecutionProcessList { Processes = [.. sandbox.Jobs.Values.Select(job => job.Describe())] }));
        app.MapPost("/execute/kill/{id}", (string id) =>
        {
            var job = Find(id);
            job.Info = job.Info with { Status = JobStatus.Killed, ExitCode = 137, Outcome = RunOutcome.Killed };
            return TypedResults.Ok(new KillResult { ProcessId = id, Status = JobStatus.Killed, Success = true });
        });
        app.MapGet("/jobs/{id}", (string id) => TypedResults.Ok(Find(id).Describe()));
        app.MapGet("/jobs/{id}/output", (string id, long? offset, int? limit, int? tail) => TypedResults.Ok(Find(id).Read(offset ?? 0, limit ?? 65536, tail)));
        app.MapGet("/jobs/{id}/result", (string id) => TypedResults.Ok(Find(id).Result));
        app.MapGet("/jobs/{id}/wait", (string id) =>
        {
            var job = Find(id);
            job.OnWait?.Invoke(job);
            return TypedResults.Ok(job.Describe());
        });
        app.MapPost("/jobs/{id}/input", (string id, JobInputRequest input) =>
        {
            var job = Find(id);
            if (input.Data is not null)
            {
                job.Typed.Add(input.Data);
            }

            if (input.Eof is true)
            {
                job.Typed.Add(null);
            }

            job.OnInput?.Invoke(job);
            return TypedResults.Ok(job.Describe());
        });

        FakeJob Find(string id) => sandbox.Jobs.TryGetValue(id, out var job) ? job : throw new FakeErrorException(HopxErrorCode.ProcessNotFound, $"Process {id} does not exist");
    }

    private static void MapEnvironment(IEndpointRouteBuilder app, FakeHopxCloud cloud, FakeEnvironment environment)
    {
        app.MapGet("/env", Answer);
        app.MapPut("/env", (EnvironmentUpdate update) => Change(update.EnvVars, update.Merge ?? false));
        app.MapPatch("/env", (EnvironmentUpdate update) => Change(update.EnvVars, merge: true));
        app.MapDelete("/env", () => Change(new Dictionary<string, string>(), merge: false));

        Ok<EnvironmentVariables> Change(IReadOnlyDictionary<string, string> variables, bool merge)
        {
            environment.Set(variables, merge);
            return Answer();
        }

        Ok<EnvironmentVariables> Answer() => TypedResults.Ok(
            new EnvironmentVariables { EnvVars = environment.All, Count = environment.All.Count, Timestamp = cloud.Time.GetUtcNow() });
    }

    private static void MapFiles(RouteGroupBuilder routes, FakeHopxCloud cloud, FakeFiles files)
    {
        FakeFileAdditions.Map(routes, cloud, files);
        routes.MapGet("/read", (string? path, string? encoding, long? offset, long? limit, int? max_bytes) =>
        {
            if (cloud.HasFileAdditions && max_bytes is { } most)
            {
                return TypedResults.Ok(FakeFileAdditions.ReadLines(files, FakeFiles.Resolve(path), offset ?? 1, limit ?? long.MaxValue, most));
            }

            var content = files.Read(FakeFiles.Resolve(path));
            var base64 = encoding is "base64";
            return TypedResults.Ok(new FileContent
            {
                Content = base64 ? Convert.ToBase64String(content.Span) : Encoding.UTF8.GetString(content.Span),
                Path = FakeFiles.Resolve(path),
                Size = content.Length,
                Encoding = base64 ? "base64" : null,
                IsBinary = !base64 && !Utf8.IsValid(content.Span) ? true : null,
            });
        });
        routes.MapPost("/write", (WriteFileRequest request) =>
        {
            var path = FakeFiles.Resolve(request.Path);
            if (request.Overwrite is false && files.Exists(path))
            {
                throw new FakeErrorException(HopxErrorCode.FileAlreadyExists, $"File exists: {path}", path);
            }

            var text = request.Content ?? throw Missing("content");
            var content = request.Encoding is "base64" ? Convert.FromBase64String(text) : Encoding.UTF8.GetBytes(text);
            files.Write(path, content, request.Mode ?? "0644");
            return Done(path, content.Length);
        });
        routes.MapGet("/list", (string? path) =>
        {
            var entries = files.List(path ?? "/workspace");
            return TypedResults.Ok(new FileList { Files = entries, Path = FakeFiles.Resolve(path ?? "/workspace"), Count = entries.Count });
        });
        routes.MapGet("/exists", (string? path) => TypedResults.Ok(new FileExists { Exists = files.Exists(FakeFiles.Resolve(path)), Path = FakeFiles.Resolve(path) }));
        routes.MapPost("/mkdir", (FilePathRequest request) =>
        {
            var path = FakeFiles.Resolve(request.Path);
            files.MakeDirectory(path);
            return Done(path, size: null);
        });
        routes.MapDelete("/remove", (string? path) =>
        {
            files.Remove(FakeFiles.Resolve(path));
            return Done(FakeFiles.Resolve(path), size: null);
        });
        routes.MapPost("/upload", async (HttpRequest request) =>
        {
            var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
            var file = form.Files["file"] ?? throw Missing("file");
            var asked = form["path"].ToString();
            var path = FakeFiles.Resolve(asked);
            if (asked.EndsWith('/') || files.Find(path) is { IsDirectory: true })
            {
                path += "/" + file.FileName;
            }

            using var content = new MemoryStream();
            await file.CopyToAsync(content, request.HttpContext.RequestAborted);
            files.Write(path, content.ToArray());
            return Done(path, content.Length);
        });
        routes.MapGet("/watch", WatchAsync);
        routes.MapGet("/download", (string? path) => TypedResults.Bytes(
            files.Read(FakeFiles.Resolve(path)), "application/octet-stream", enableRangeProcessing: cloud.HasFileAdditions));

        Ok<FileResponse> Done(string path, long? size) => TypedResults.Ok(
            new FileResponse { Message = "done", Path = path, Size = size, Timestamp = cloud.Time.GetUtcNow() });
    }

    // Says that whatever is watched was made.
    private static async Task WatchAsync(HttpContext http)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer, http.RequestAborted) is { MessageType: WebSocketMessageType.Text } received)
        {
            var path = JsonSerializer.Deserialize(buffer.AsSpan(0, received.Count), HopxJson.Default.WatchRequest)?.Path ?? "";
            var change = path.StartsWith('/') ? new FileChange { Path = path, Event = "created" } : new FileChange { Type = "error", Error = $"File not found: {path}", Code = "FILE_NOT_FOUND", Path = path };
            foreach (var message in new[] { "", "no JSON", JsonSerializer.Serialize(change, HopxJson.Default.FileChange) })
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, endOfMessage: true, http.RequestAborted);
            }
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, http.RequestAborted);
    }

    private static FakeErrorException Missing(string name) => new(HopxErrorCode.MissingParameter, $"{name} is required");
}
