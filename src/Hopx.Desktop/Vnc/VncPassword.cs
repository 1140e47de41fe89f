using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Desktop;

/// <summary>The passwords of the VNC server, others in every sandbox: one for viewers who may act, one for those who only see.</summary>
internal sealed class VncPassword(IOptions<DesktopOptions> options)
{
    private const int Length = 8;
    private const string Symbols = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

    // All that the protocol looks at are eight characters.
    public string Value { get; private set; } = RandomNumberGenerator.GetString(Symbols, Length);

    /// <summary>What the server lets only see, whatever they send; never leaves this program.</summary>
    public string ViewOnly { get; } = RandomNumberGenerator.GetString(Symbols, Length);

    private string FilePath => Path.Combine(options.Value.Directory, "vnc.password");

    /// <summary>Chooses another one; the server reads its file for each viewer anew.</summary>
    public async Task ChangeAsync(string password, CancellationToken cancellationToken)
    {
        if (password.Length < 6 || !password.All(symbol => symbol is > ' ' and <= '~'))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "A VNC password needs 6 printable ASCII characters or more, of which the first 8 count. Leave it out for a random one.");
        }

        Value = password[..Math.Min(password.Length, Length)];
        await WriteFileAsync(cancellationToken);
    }

    /// <returns>Path of the file that the server reads.</returns>
    public async Task<string> WriteFileAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("vncpasswd", ["-f"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            await process.StandardInput.WriteLineAsync(Value.AsMemory(), cancellationToken);
            await process.StandardInput.WriteLineAsync(ViewOnly.AsMemory(), cancellationToken);
            process.StandardInput.Close();
            using var scrambled = new MemoryStream();
            await process.StandardOutput.BaseStream.CopyToAsync(scrambled, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            await using var file = new FileStream(
                FilePath, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            await file.WriteAsync(scrambled.ToArray(), cancellationToken);
            return FilePath;
        }
        catch (Win32Exception missing)
        {
            throw new HopxException(HopxErrorCode.DesktopNotAvailable, $"vncpasswd cannot be started: {missing.Message}. The template needs the package tigervnc-tools.", missing);
        }
    }
}
