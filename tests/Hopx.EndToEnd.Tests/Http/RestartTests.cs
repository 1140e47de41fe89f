using System.Net;
using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Http;

/// <summary>An HTTP server ends and another one goes on for it.</summary>
public sealed class RestartTests(PreparedMachine machine)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_sandboxes_their_addresses_and_tokens_outlive_the_server(bool isKilled)
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var first = await program.ServeAsync();
        var key = await first.KeyAsync();
        Sandbox before;
        string token;
        using (var client = await first.CreateClientAsync(key))
        {
            before = await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Patience.Token);
            await client.Agent(before.Id).Files.WriteAsync("/workspace/note", "kept", Patience.Token);
            token = (await client.Sandboxes.RefreshTokenAsync(before.Id, Patience.Token)).AuthToken;
        }

        if (isKilled)
        {
            await first.KillAsync();
        }
        else
        {
            Assert.Equal(0, await first.TerminateAsync());
        }

        var second = await program.ServeAsync();
        using var again = await second.CreateClientAsync(key);
        var after = await again.Sandboxes.GetAsync(before.Id, Patience.Token);

        Assert.Equal((SandboxStatus.Running, before.PublicHost), (after.Status, after.PublicHost));
        Assert.Equal("kept", (await again.Agent(before.Id).Files.ReadAsync("/workspace/note", Patience.Token)).Content);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(before.PublicHost!), "/files/read?path=/workspace/note"));
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await http.SendAsync(request, Patience.Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
