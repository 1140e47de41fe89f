using System.Globalization;
using System.Text.Json.Nodes;

namespace Hopx.Mcp.CommandLine.Demo.Steps;

/// <summary>A page in a real browser is read, filled in and sent, by nothing but looking, clicking and typing.</summary>
internal static class DesktopSteps
{
    private const string Customer = "Ada Lovelace, Zürich 東京 🙂";
    private const int SmallestScreen = 5_000;
    private const int MostLooks = 20;

    private const string Page = """
        <!doctype html><meta charset="utf-8"><title>Flower order</title>
        <style>body { font: 20px sans-serif; margin: 40px } input, button { font: inherit; display: block; margin: 8px 0 24px; padding: 6px }</style>
        <h1>Order irises</h1>
        <form method="post" action="/order"><label>Customer<input name="customer" size="40"></label><label><input type="checkbox" name="express">Express</label><button>Send order</button></form>
        """;

    private const string Server = """
        import http.server, json, urllib.parse

        class Shop(http.server.BaseHTTPRequestHandler):
            def answer(self, page):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page.encode())

            def do_GET(self):
                self.answer(open("/workspace/shop/order.html").read())

            def do_POST(self):
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with open("/workspace/shop/received.json", "w") as file:
                    json.dump(dict(urllib.parse.parse_qsl(form)), file, ensure_ascii=False, sort_keys=True)
                self.answer("<!doctype html><meta charset='utf-8'><title>Thank you</title><h1>Thank you, the order has arrived</h1>")

        http.server.HTTPServer(("127.0.0.1", 8080), Shop).serve_forever()
        """;

    public static async Task RunAsync(DemoSession demo, CancellationToken cancellationToken)
    {
        await demo.CheckAsync("A sandbox with a desktop shows its screen", async () =>
        {
            var created = await demo.CallAsync("sandbox_create", new() { ["template"] = DemoCommand.DesktopTemplate }, demo.DesktopConversation, cancellationToken);
            var screen = await CallAsync(demo, "screenshot", [], cancellationToken);
            return $"{created.SandboxId}, {await KeepAsync(demo, screen, "desktop-1-empty", cancellationToken)}";
        });

        await demo.CheckAsync("A page served in the sandbox opens in a real browser", async () =>
        {
            await CallAsync(demo, "write_file", new() { ["path"] = "/workspace/shop/order.html", ["content"] = Page }, cancellationToken);
            await CallAsync(demo, "write_file", new() { ["path"] = "/workspace/shop/shop.py", ["content"] = Server }, cancellationToken);
            const string Start = """
                cd /workspace/shop
                nohup python3 shop.py > shop.log 2>&1 &
                for attempt in $(seq 100); do curl --silent --output /dev/null http://127.0.0.1:8080/ && exit 0; sleep 0.1; done
                cat shop.log; exit 1
                """;
            await CallAsync(demo, "run_command", new() { ["command"] = Start }, cancellationToken);
            var opened = await CallAsync(demo, "open_url", new() { ["url"] = "http://127.0.0.1:8080/" }, cancellationToken);
            // The window is there before its page is.
            for (var look = 0; look < MostLooks && !opened.Text.Contains("Flower order", StringComparison.Ordinal); look++)
            {
                opened = await CallAsync(demo, "computer", new() { ["action"] = "wait", ["duration"] = 1 }, cancellationToken);
            }

            Expect.Contains("Flower order", opened.Text);
            return await KeepAsync(demo, opened, "desktop-2-page", cancellationToken);
        });

        await demo.CheckAsync("Its form is filled in by looking, clicking and typing", async () =>
        {
            await ClickAsync(demo, new() { ["role"] = "entry", ["name"] = "Customer" }, cancellationToken);
            await CallAsync(demo, "computer", new() { ["action"] = "type", ["text"] = Customer }, cancellationToken);
            var ticked = await ClickAsync(demo, new() { ["role"] = "check box", ["name"] = "Express" }, cancellationToken);
            return await KeepAsync(demo, ticked, "desktop-3-filled", cancellationToken);
        });

        await demo.CheckAsync("What was typed and ticked has arrived at the page's server", async () =>
        {
            await ClickAsync(demo, new() { ["text"] = "Send order" }, cancellationToken);
            // A page takes its time, on the way there and on the way back.
            const string Wait = "for attempt in $(seq 100); do test -s /workspace/shop/received.json && exit 0; sleep 0.1; done; exit 1";
            await CallAsync(demo, "run_command", new() { ["command"] = Wait }, cancellationToken);
            var sent = await CallAsync(demo, "computer", new() { ["action"] = "wait", ["duration"] = 1 }, cancellationToken);
            var picture = await KeepAsync(demo, sent, "desktop-4-sent", cancellationToken);
            var received = await CallAsync(demo, "read_file", new() { ["path"] = "/workspace/shop/received.json" }, cancellationToken);
            Expect.Equal($$"""{"customer": "{{Customer}}", "express": "on"}""", received.Fact("content").Trim());
            return $"accents, Chinese characters and an emoji among it; {picture}";
        });
    }

    /// <summary>Looks for one thing on the screen, which gets number 1, and clicks that.</summary>
    private static async Task<ToolAnswer> ClickAsync(DemoSession demo, JsonObject what, CancellationToken cancellationToken)
    {
        var looked = what.ToJsonString();
        var found = await CallAsync(demo, "find_on_screen", what, cancellationToken);
        Expect.That(found.Text.Contains("\n1 at ", StringComparison.Ordinal), $"{looked} to be found on the screen", found.Text);
        return await CallAsync(demo, "computer", new() { ["action"] = "left_click", ["mark"] = 1 }, cancellationToken);
    }

    private static Task<ToolAnswer> CallAsync(DemoSession demo, string tool, JsonObject arguments, CancellationToken cancellationToken) =>
        demo.CallAsync(tool, arguments, demo.DesktopConversation, cancellationToken);

    private static async Task<string> KeepAsync(DemoSession demo, ToolAnswer answer, string name, CancellationToken cancellationToken)
    {
        Expect.That(answer.Images is [{ MimeType: "image/png" }], "one picture of type image/png", answer.Text);
        var png = answer.Images[0].DecodedData;
        Expect.That(png.Length >= SmallestScreen, $"a picture of at least {SmallestScreen} bytes", string.Create(CultureInfo.InvariantCulture, $"{png.Length} bytes"));
        await File.WriteAllBytesAsync(Path.Combine(demo.Output, name + ".png"), png, cancellationToken);
        return string.Create(CultureInfo.InvariantCulture, $"picture of {png.Length} bytes kept as {name}.png");
    }
}
