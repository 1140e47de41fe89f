using System.Net;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class FileNameTests : FileTest
{
    [Fact]
    public async Task Names_that_are_no_text_are_shown_and_reachable()
    {
        await Agent.RunAsync(@"cd " + Agent.Workdir + @"; printf x > $'caf\xe9'; printf y > $'\xef\xbe\x80'; mkdir $'d\xff'; printf z > $'d\xff/f'");
        var list = (await GetAsync("/files/list", HopxJson.Default.FileList)).Files!;
        Assert.Equal(3, list.Count);
        foreach (var (entry, content) in list.Where(entry => !entry.IsDirectory).Zip(["x", "y"]))
        {
            Assert.Equal(content, (await GetAsync($"/files/read?path={Uri.EscapeDataString(entry.Path)}", HopxJson.Default.FileContent)).Content);
        }

        var inner = (await GetAsync($"/files/list?path={Uri.EscapeDataString(list.Single(entry => entry.IsDirectory).Path)}", HopxJson.Default.FileList)).Files!.Single();
        Assert.Equal("z", (await GetAsync($"/files/read?path={Uri.EscapeDataString(inner.Path)}", HopxJson.Default.FileContent)).Content);
        var found = await GetAsync("/files/find?pattern=f", HopxJson.Default.FileFindResult);
        Assert.Equal(inner.Path, found.Files!.Single().Path);
        foreach (var entry in list)
        {
            await Agent.SendAsync(HttpMethod.Delete, $"/files/remove?path={Uri.EscapeDataString(entry.Path)}");
        }

        Assert.Equal("0", (await Agent.RunAsync($"ls -A {Agent.Workdir} | wc -l")).Stdout.Trim());
    }

    [Fact]
    public void Every_name_has_one_text()
    {
        var random = new Random(5);
        for (var i = 0; i < 20_000; i++)
        {
            var name = new byte[random.Next(1, 12)];
            random.NextBytes(name);
            if (random.Next(2) == 0)
            {
                // The neighbourhood of the characters that stand for bytes.
                name[0] = 0xEE;
                name[^1] = (byte)random.Next(0xBD, 0xC0);
            }

            var text = FileNames.ToText(name);
            Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
            Assert.Equal(name, FileNames.ToBytes(text)[..^1]);
        }
    }

    [Fact]
    public async Task A_name_may_have_255_bytes_and_no_more()
    {
        var longest = new string('n', 255);
        await PostAsync("/files/write", $$"""{"path":"{{longest}}","content":"x"}""");
        Assert.Equal("x", (await GetAsync($"/files/read?path={longest}", HopxJson.Default.FileContent)).Content);
        await RefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Post, "/files/write", $$"""{"path":"{{longest}}n","content":"x"}""");
    }

    [Fact]
    public async Task Five_thousand_levels_are_walked_searched_packed_and_removed()
    {
        await Agent.RunAsync($"cd {Agent.Workdir}; python3 -c \"import os\nfor i in range(5000): os.mkdir('x'); os.chdir('x')\nopen('leaf','w').write('needle\\n')\"", timeout: 60);
        var found = await GetAsync("/files/find?pattern=leaf&timeout=60", HopxJson.Default.FileFindResult);
        Assert.Equal(5000, found.Files!.Single().Path.Split("/x").Length - 1);
        var lines = await GetAsync("/files/search?pattern=needle&timeout=60", HopxJson.Default.FileSearchResult);
        Assert.Equal("needle", lines.Matches!.Single().Text);
        using (var archive = await Agent.Http.GetAsync("/files/archive", Token))
        {
            Assert.Equal(HttpStatusCode.OK, archive.StatusCode);
        }

        await PostAsync("/files/copy", """{"from":"x","to":"y"}""");
        Assert.Equal(2, (await GetAsync("/files/find?pattern=leaf&timeout=60", HopxJson.Default.FileFindResult)).Count);
        await RefusedAsync(
            HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Post, "/files/write", $$"""{"path":"{{string.Concat(Enumerable.Repeat("x/", 5000))}}new","content":""}""");
        foreach (var name in new[] { "x", "y" })
        {
            var (status, body) = await Agent.SendAsync(HttpMethod.Delete, $"/files/remove?path={name}");
            Assert.True(status is HttpStatusCode.OK, body.ToString());
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Agent.Workdir));
    }
}
