using Hopx.Desktop;
using Microsoft.Extensions.Options;

try
{
    await using var app = DesktopHost.Create();
    await app.RunAsync();
    return 0;
}
catch (Exception failure) when (failure is OptionsValidationException or IOException)
{
    await Console.Error.WriteLineAsync($"hopx-desktop cannot start: {failure.Message}");
    return 1;
}
