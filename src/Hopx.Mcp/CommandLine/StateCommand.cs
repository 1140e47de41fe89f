using System.CommandLine;
using Hopx.Client;
using Hopx.ControlPlane.State;
using Microsoft.Data.Sqlite;

namespace Hopx.Mcp.CommandLine;

/// <summary>The state file of this machine.</summary>
internal static class StateCommand
{
    public static Command Create() => CommandBuilder.Group("state", "The state file: keys, sandboxes, events.", Backup());

    private static Command Backup()
    {
        var path = new Argument<string>("path") { Description = "File to write; it must not be there yet." };
        return CommandBuilder.Create("backup", "Copy the state file as it is at one moment, also while a server runs.", [path], async (arguments, context, _) =>
        {
            var home = new HomeDirectory(context.Settings.ControlPlane().Home);
            var target = Path.GetFullPath(arguments.GetValue(path)!);
            Copy(home.StateFile, target);
            await context.Output.WriteLineAsync(target);
            await context.Error.WriteLineAsync($"Keep '{home.SigningKey}' with it: tokens of sandboxes that live are signed with that key.");
            return ExitCodes.Success;
        });
    }

    private static void Copy(string source, string target)
    {
        if (!File.Exists(source))
        {
            throw new HopxException(HopxErrorCode.FileNotFound, $"There is no state file '{source}'. Say which home is meant: --home DIRECTORY.");
        }

        if (Path.Exists(target))
        {
            throw new HopxException(HopxErrorCode.FileAlreadyExists, $"'{target}' is there already. Choose another name, or remove it.");
        }

        try
        {
            // Whoever makes a copy should neither make nor upgrade the file.
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = source, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            StateDatabase.CopyTo(connection, target);
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new HopxException(HopxErrorCode.FileOperationFailed, $"'{source}' could not be copied to '{target}': {failure.Message}", failure);
        }
    }
}
