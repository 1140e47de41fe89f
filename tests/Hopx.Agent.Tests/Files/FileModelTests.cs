using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CsCheck;
using Hopx.Client;

namespace Hopx.Agent.Tests;

/// <summary>Random files, names, edits and operations, against what a model says must come of them.</summary>
public sealed class FileModelTests : FileTest
{
    private const int Iterations = 100;

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String,
        Gen.String[Gen.Char["ab\n"], 0, 30],
        OneOfThese("", "\0", "\r\n", "\uFEFFx", "😀é\u0301", "\uEF80\uEFFF", "{\"a\":1}", new string('x', 200_000)))
        .Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));

    private static readonly Gen<string> Name = Gen.OneOf(
        Gen.String[Gen.Char["ab.-_ #%&+?*[]{}'\"\\:"], 1, 20],
        Gen.String[1, 40].Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))))
        .Where(name => name is not ("." or "..") && !name.AsSpan().ContainsAny('/', '\0') && FileNames.CountBytes(name) <= 255);

    [Fact]
    public void What_is_written_is_read_back() => Gen.Select(Name, Text, Gen.Byte.Array[0, 300]).Sample(
        (name, text, bytes) => RunAsync(async () =>
        {
            await WriteAsync(name, text, null);
            var read = await GetAsync($"/files/read?path={Escape(name)}", HopxJson.Default.FileContent);
            Assert.Equal(text, read.Content);
            await WriteAsync(name, Convert.ToBase64String(bytes), "base64");
            var encoded = await GetAsync($"/files/read?path={Escape(name)}&encoding=base64", HopxJson.Default.FileContent);
            Assert.Equal(bytes, Convert.FromBase64String(encoded.Content));
            Assert.Equal(bytes, await Agent.Http.GetByteArrayAsync($"/files/download?path={Escape(name)}", Token));
            var listed = Assert.Single((await GetAsync("/files/list", HopxJson.Default.FileList)).Files!);
            Assert.Equal((name, bytes.Length), (listed.Name, listed.Size));
            await Agent.SendAsync(HttpMethod.Delete, $"/files/remove?path={Escape(listed.Path)}");
            Assert.Empty((await GetAsync("/files/list", HopxJson.Default.FileList)).Files!);
        }),
        iter: Iterations,
        threads: 1);

    [Fact]
    public void What_is_uploaded_is_downloaded() =>
        Gen.Select(
            Gen.OneOf(Gen.Byte.Array[0, 3000], Gen.Int[0, 600_000].Select(size => Fill(size))),
            Gen.OneOf(Gen.Const("b"), Gen.String[Gen.Char["-bB"], 1, 60]),
            Gen.Bool,
            Gen.Bool).Sample(
            (bytes, boundary, pathFirst, nearBoundaries) => RunAsync(async () =>
            {
                // Content that is nearly a boundary is content.
                byte[] content = nearBoundaries ? [.. bytes, .. Encoding.ASCII.GetBytes($"\r\n--{boundary[..^1]}"), .. bytes, .. "\r\n--"u8] : bytes;
                var delimiter = Encoding.ASCII.GetBytes($"\r\n--{boundary}");
                if (content.AsSpan().IndexOf(delimiter) >= 0)
                {
                    return;
                }

                var path = Part(boundary, "name=\"path\"", "up/file"u8.ToArray());
                var file = Part(boundary, "name=\"file\"; filename=\"x\"", content);
                using var body = new ByteArrayContent([.. pathFirst ? path : file, .. pathFirst ? file : path, .. Encoding.ASCII.GetBytes($"--{boundary}--\r\n")]);
                body.Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/form-data; boundary=\"{boundary}\"");
                using var response = await Agent.Http.PostAsync("/files/upload", body, Token);
                Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Token));
                Assert.Equal(content, await Agent.Http.GetByteArrayAsync("/files/download?path=up/file", Token));
                Assert.Single(Directory.EnumerateFileSystemEntries(Agent.Workdir));
            }),
            iter: Iterations,
            threads: 1);

    [Fact]
    public void An_edit_does_what_replacing_text_does() =>
        Gen.Select(Gen.String[Gen.Char["ab\n"], 0, 40], Gen.String[Gen.Char["ab\n"], 0, 4], Gen.String[Gen.Char["abc\n"], 0, 6], Gen.Bool).Sample(
            (text, oldText, newText, all) => RunAsync(async () =>
            {
                Put("edited", text);
                var times = oldText.Length == 0 ? 0 : text.Split(oldText).Length - 1;
                var (status, body) = await Agent.SendAsync(
                    HttpMethod.Post,
                    "/files/edit",
                    JsonSerializer.Serialize(new EditFileRequest { Path = "edited", OldText = oldText, NewText = newText, ReplaceAll = all }, HopxJson.Default.EditFileRequest));
                var isDone = oldText.Length > 0 && oldText != newText && (times == 1 || (all && times > 0));
                Assert.True(isDone == (status is HttpStatusCode.OK), $"{status} {body}");
                Assert.Equal(isDone ? text.Replace(oldText, newText, StringComparison.Ordinal) : text, Get("edited"));
                Assert.Equal(isDone ? times : 0, isDone ? body.GetProperty("replacements").GetInt32() : 0);
            }),
            iter: Iterations * 3,
            threads: 1);

    [Fact]
    public void Lines_are_those_that_splitting_gives() =>
        Gen.Select(Gen.String[Gen.Char["a\n\r"], 0, 60], Gen.Int[1, 12], Gen.Int[0, 12]).Sample(
            (text, offset, limit) => RunAsync(async () =>
            {
                Put("lines", text);
                var lines = new List<string>();
                for (var start = 0; start < text.Length;)
                {
                    var end = text.IndexOf('\n', start) is var found and >= 0 ? found + 1 : text.Length;
                    lines.Add(text[start..end]);
                    start = end;
                }

                var read = await GetAsync($"/files/read?path=lines&offset={offset}&limit={limit}", HopxJson.Default.FileContent);
                var expected = lines.Skip(offset - 1).Take(limit).ToList();
                Assert.Equal(string.Concat(expected), read.Content);
                Assert.Equal((offset - 1 + limit < lines.Count, expected.Count), (read.HasMore, (int)read.LineCount!));
            }),
            iter: Iterations * 3,
            threads: 1);

    [Fact]
    public void No_path_leads_out_and_every_path_inside_means_what_it_says() =>
        Gen.OneOf(OneOfThese("..", ".", "", "in", "out", "up", "loop", "a", "workspace", "other", "outside", "proc", "self", "root"), Name).Array[0, 7].Sample(
            parts => RunAsync(async () =>
            {
                Prepare();
                var path = string.Join('/', parts);
                foreach (var asked in new[] { path, "/" + path, $"{Agent.Workdir}/{path}" })
                {
                    var (status, body) = await Agent.SendAsync(HttpMethod.Get, $"/files/read?path={Escape(asked)}");
                    Assert.True((int)status < 500, $"{asked}: {status} {body}");
                    Assert.DoesNotContain("secret", status is HttpStatusCode.OK ? body.GetProperty("content").GetString() : "", StringComparison.Ordinal);
                    await Agent.SendAsync(HttpMethod.Post, "/files/write", JsonSerializer.Serialize(new WriteFileRequest { Path = asked, Content = "x" }, HopxJson.Default.WriteFileRequest));
                    await Agent.SendAsync(HttpMethod.Post, "/files/copy", JsonSerializer.Serialize(new MoveFileRequest { From = "in/a", To = asked }, HopxJson.Default.MoveFileRequest));
                    await Agent.SendAsync(HttpMethod.Delete, $"/files/remove?path={Escape(asked)}");
                }

                AssertNothingOutsideWasTouched();
                Assert.Equal(["agent.sock", "other", "outside", "workspace"], Directory.EnumerateFileSystemEntries(Agent.Home).Select(Path.GetFileName).Except(["jobs"]).Order());
            }),
            iter: Iterations,
            threads: 1);

    [Fact]
    public void Random_operations_leave_what_a_plain_tree_would_hold() =>
        Gen.Select(Gen.Int[0, 4], OneOfThese("a", "b", "d/a", "d/b", "d/e/a", "d", "d/e", "f"), OneOfThese("a", "b", "d/a", "d/e/b", "f", "d", "g/h")).Array[1, 25].Sample(
            steps => RunAsync(async () =>
            {
                Clear();
                var model = new TreeModel();
                var count = 0;
                foreach (var (operation, one, other) in steps)
                {
                    var content = $"{count++}";
                    var isDone = operation switch
                    {
                        0 => model.Write(one, content),
                        1 => model.MakeDirectory(one),
                        2 => model.Remove(one),
                        3 => model.Move(one, other),
                        _ => model.Copy(one, other),
                    };
                    var (status, body) = operation switch
                    {
                        0 => await Agent.SendAsync(HttpMethod.Post, "/files/write", $$"""{"path":"{{one}}","content":"{{content}}"}"""),
                        1 => await Agent.SendAsync(HttpMethod.Post, "/files/mkdir", $$"""{"path":"{{one}}"}"""),
                        2 => await Agent.SendAsync(HttpMethod.Delete, $"/files/remove?path={one}"),
                        3 => await Agent.SendAsync(HttpMethod.Post, "/files/move", $$"""{"from":"{{one}}","to":"{{other}}"}"""),
                        _ => await Agent.SendAsync(HttpMethod.Post, "/files/copy", $$"""{"from":"{{one}}","to":"{{other}}"}"""),
                    };
                    Assert.True(isDone == (status is HttpStatusCode.OK), $"{operation} {one} {other}: {isDone} {status} {body}");
                    Assert.Equal(model.Describe(), DescribeTree());
                }
            }),
            iter: Iterations,
            threads: 1);

    private static Gen<string> OneOfThese(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static string Escape(string name) => Uri.EscapeDataString(name);

    private static byte[] Fill(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Part(string boundary, string disposition, byte[] content) =>
        [.. Encoding.UTF8.GetBytes($"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n"), .. content, .. "\r\n"u8];

    private static void RunAsync(Func<Task> test) => test().GetAwaiter().GetResult();

    private Task<FileResponse> WriteAsync(string path, string content, string? encoding) => PostAsync(
        "/files/write", JsonSerializer.Serialize(new WriteFileRequest { Path = path, Content = content, Encoding = encoding }, HopxJson.Default.WriteFileRequest));

    private void Prepare()
    {
        Clear();
        Put("in/a", "inside");
        File.CreateSymbolicLink(In("out"), Agent.Outside);
        File.CreateSymbolicLink(In("up"), "..");
        File.CreateSymbolicLink(In("loop"), "loop");
        File.CreateSymbolicLink(In("in/root"), "/");
    }

    private void Clear()
    {
        Directory.Delete(Agent.Workdir, recursive: true);
        Directory.CreateDirectory(Agent.Workdir);
    }

    private string DescribeTree() => string.Join(
        '\n',
        Directory.EnumerateFileSystemEntries(Agent.Workdir, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Agent.Workdir, path) + (Directory.Exists(path) ? "/" : "=" + File.ReadAllText(path)))
            .Order(StringComparer.Ordinal));
}
