using Hopx.Client;
using Hopx.Testing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.SemanticKernel.Tests;

/// <summary>A test with a fake cloud and the functions on it.</summary>
public abstract class FunctionTest : IAsyncLifetime
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 5, 10, 0, 0, TimeSpan.Zero));

    protected FakeHopxCloud Cloud { get; private set; } = null!;

    protected HopxClient Client { get; private set; } = null!;

    protected HopxFunctions Functions { get; private set; } = null!;

    protected virtual HopxFunctionOptions Options { get; } = new();

    public async ValueTask InitializeAsync()
    {
        Cloud = await FakeHopxCloud.StartAsync(Time, Token);
        Client = Cloud.CreateClient(options => options.MaxRetries = 0);
        Functions = new HopxFunctions(Client, Options);
    }

    public async ValueTask DisposeAsync()
    {
        await Functions.DisposeAsync();
        Client.Dispose();
        await Cloud.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task<object?> CallAsync(string name, params (string Name, object? Value)[] arguments) =>
        await Functions.All.Single(function => function.Name == name).InvokeAsync(
            new AIFunctionArguments(arguments.ToDictionary(argument => argument.Name, argument => argument.Value)), Token);

    protected async Task<string> CallForTextAsync(string name, params (string Name, object? Value)[] arguments) =>
        Assert.IsType<string>(await CallAsync(name, arguments));
}
