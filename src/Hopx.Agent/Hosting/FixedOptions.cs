using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Options that are made once and stay, as settings from the environment do.</summary>
internal sealed class FixedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(IServiceProvider services) : IOptions<T>, IOptionsMonitor<T>
    where T : class
{
    private readonly Lock _making = new();
    private T? _value;

    public T Value
    {
        get
        {
            lock (_making)
            {
                return _value ??= Make(Options.DefaultName);
            }
        }
    }

    public T CurrentValue => Value;

    public T Get(string? name) => string.IsNullOrEmpty(name) ? Value : Make(name);

    public IDisposable? OnChange(Action<T, string?> listener) => null;

    private T Make(string name) => new OptionsFactory<T>(
        services.GetServices<IConfigureOptions<T>>(), services.GetServices<IPostConfigureOptions<T>>(), services.GetServices<IValidateOptions<T>>()).Create(name);
}
