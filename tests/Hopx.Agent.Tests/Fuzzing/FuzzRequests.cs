using System.Net.Http.Headers;
using System.Text;

namespace Hopx.Agent.Tests;

/// <summary>Makes requests that are nearly right, and some that are not at all.</summary>
internal sealed class FuzzRequests(Random random, List<(string Method, string Pattern)> routes, string workdir)
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"];

    private static readonly string[] Fields =
    [
        "path", "content", "mode", "encoding", "overwrite", "from", "to", "old_text", "new_text", "replace_all", "expected_sha256", "pattern", "include", "exclude", "limit",
        "offset", "byte_offset", "byte_limit", "timeout", "literal", "ignore_case", "context", "recursive", "env_vars", "merge", "process_id", "code", "language", "command", "args",
        "workdir", "env", "max_results", "format", "type", "signal", "data", "stream", "lines", "tail", "callback_url", "deadline",
    ];

    private static readonly string[] Texts =
    [
        "", ".", "..", "a", "b/c", "../outside/secret", "/etc/passwd", "/proc/self/mem", "/dev/zero", "\0", "a\0b", "\uD800", "\uEF80", "😀", "*", "**/*", "[a", "{a,b", "(", "(a+)+$", "\\", "0644", "99999",
        "base64", "utf-8", "true", "null", "-1", "1e999", "9999999999999999999", "NaN", "%00", "%", "&=?#", "***MASKED***", "tar", "file", "python", "bash", "SIGKILL", "http://127.0.0.1/", "exit 3", "true",
    ];

    public HttpRequestMessage Next(out string description)
    {
        var (method, pattern) = routes[random.Next(routes.Count)];
        method = random.Next(10) == 0 ? Methods[random.Next(Methods.Length)] : method;
        var path = FillIn(pattern);
        if (random.Next(3) > 0)
        {
            path += "?" + string.Join('&', Enumerable.Range(0, random.Next(4)).Select(_ => $"{Fields[random.Next(Fields.Length)]}={Uri.EscapeDataString(Clean(Text()))}"));
        }

        var request = new HttpRequestMessage(new HttpMethod(method), new Uri("http://agent" + path));
        var body = random.Next(6) == 0 ? [] : Body();
        if (body.Length > 0 || random.Next(2) == 0)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(random.Next(6) switch
            {
                0 => "multipart/form-data; boundary=b",
                1 => "text/plain",
                _ => "application/json",
            });
        }

        if (random.Next(10) == 0)
        {
            request.Headers.TryAddWithoutValidation("Range", $"bytes={random.Next(-5, 50)}-{random.Next(50)}");
        }

        if (random.Next(20) == 0)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.");
        }

        description = $"{method} {path} {Encoding.Latin1.GetString(body.AsSpan(0, Math.Min(body.Length, 2000)))}";
        return request;
    }

    private string FillIn(string pattern)
    {
        while (pattern.IndexOf('{', StringComparison.Ordinal) is var open and >= 0)
        {
            pattern = pattern[..open] + Uri.EscapeDataString(Clean(Text())) + pattern[(pattern.IndexOf('}', open) + 1)..];
        }

        return random.Next(30) == 0 ? pattern.Insert(random.Next(1, pattern.Length + 1), "/x") : pattern;
    }

    private byte[] Body()
    {
        switch (random.Next(8))
        {
            case 0:
                var noise = new byte[random.Next(600)];
                random.NextBytes(noise);
                return noise;
            case 1:
                return Mutate(Encoding.UTF8.GetBytes(
                    $"--b\r\nContent-Disposition: form-data; name=\"{(random.Next(2) == 0 ? "file" : "path")}\"; filename=\"{Clean(Text())}\"\r\n\r\n{Text()}\r\n--b\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\nup/\r\n--b--\r\n"));
            case 2:
                return Encoding.UTF8.GetBytes(new string(random.Next(2) == 0 ? '[' : '{', random.Next(5000)));
            default:
                var json = Encoding.UTF8.GetBytes(Object(depth: 0));
                return random.Next(4) == 0 ? Mutate(json) : json;
        }
    }

    private byte[] Mutate(byte[] bytes)
    {
        for (var i = random.Next(4); i >= 0 && bytes.Length > 0; i--)
        {
            var place = random.Next(bytes.Length);
            bytes = random.Next(3) switch
            {
                0 => [.. bytes[..place], .. bytes[(place + 1)..]],
                1 => [.. bytes[..place], (byte)random.Next(256), .. bytes[place..]],
                _ => bytes[..place],
            };
        }

        return bytes;
    }

    private string Object(int depth) =>
        "{" + string.Join(',', Enumerable.Range(0, random.Next(1, 6)).Select(_ => $"\"{Fields[random.Next(Fields.Length)]}\":{Value(depth)}")) + "}";

    private string Value(int depth) => random.Next(12) switch
    {
        0 => "null",
        1 => "true",
        2 => "false",
        3 => $"{random.Next(-10, 1000)}",
        4 => "1e400",
        5 => "99999999999999999999",
        6 when depth < 4 => Object(depth + 1),
        7 when depth < 4 => $"[{Value(depth + 1)},{Value(depth + 1)}]",
        _ => "\"" + System.Text.Json.JsonEncodedText.Encode(Clean(Text())) + "\"",
    };

    private string Text() => random.Next(8) switch
    {
        0 => new string((char)random.Next(32, 0x3000), random.Next(300)),
        1 => $"{workdir}/{Texts[random.Next(Texts.Length)]}",
        2 => string.Concat(Enumerable.Repeat("d/", random.Next(100))),
        _ => Texts[random.Next(Texts.Length)],
    };

    private static string Clean(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
