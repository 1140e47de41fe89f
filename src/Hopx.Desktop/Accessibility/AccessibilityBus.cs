using Hopx.Client;
using Tmds.DBus.Protocol;

namespace Hopx.Desktop;

/// <summary>Where an element lives: the program's name on the bus and the element's path in it.</summary>
internal readonly record struct AccessibleAddress(string Bus, string Path)
{
    public override string ToString() => $"{Bus}{Path}";

    public static AccessibleAddress Parse(string? id)
    {
        var slash = id?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        return slash > 1 && id!.StartsWith(':') && id.Length < 200
            ? new AccessibleAddress(id[..slash], id[slash..])
            : throw new HopxException(HopxErrorCode.InvalidRequest, "'id' is no element's. Take one from the answer to a search for elements.");
    }
}

/// <summary>The bus on which applications describe what they show (AT-SPI).</summary>
internal sealed class AccessibilityBus : IDisposable
{
    private const string Accessible = "org.a11y.atspi.Accessible";
    private const string Component = "org.a11y.atspi.Component";
    private const string Action = "org.a11y.atspi.Action";
    private const string Text = "org.a11y.atspi.Text";
    private const string Properties = "org.freedesktop.DBus.Properties";
    private const int MostTextCharacters = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly DBusConnection _connection;

    private AccessibilityBus(DBusConnection connection) => _connection = connection;

    public static AccessibleAddress Root { get; } = new("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root");

    /// <param name="sessionBus">Address of the session's bus, which knows the other one.</param>
    public static async Task<AccessibilityBus> OpenAsync(string sessionBus)
    {
        try
        {
            using var session = new DBusConnection(sessionBus);
            await session.ConnectAsync();
            var address = await session.CallMethodAsync(
                Call(session, new AccessibleAddress("org.a11y.Bus", "/org/a11y/bus"), "org.a11y.Bus", "GetAddress"), static (message, _) => message.GetBodyReader().ReadString()).WaitAsync(Patience);
            var connection = new DBusConnection(address);
            await connection.ConnectAsync();
            return new AccessibilityBus(connection);
        }
        catch (Exception failure) when (failure is DBusConnectionException or DBusErrorReplyException or DBusConnectFailedException or TimeoutException)
        {
            throw new HopxException(
                HopxErrorCode.DesktopNotAvailable, $"The accessibility bus does not answer: {failure.Message} The template needs the packages at-spi2-core and dbus. Find elements by their text instead.", failure);
        }
    }

    public Task<AccessibleAddress[]> ChildrenAsync(AccessibleAddress element) =>
        AskAsync(Call(_connection, element, Accessible, "GetChildren"), static (message, _) =>
        {
            var reader = message.GetBodyReader();
            var children = new List<AccessibleAddress>();
            var end = reader.ReadArrayStart(DBusType.Struct);
            while (reader.HasNext(end))
            {
                reader.AlignStruct();
                children.Add(new AccessibleAddress(reader.ReadString(), reader.ReadObjectPathAsString()));
            }

            return children.ToArray();
        });

    public Task<string> RoleAsync(AccessibleAddress element) =>
        AskAsync(Call(_connection, element, Accessible, "GetRoleName"), static (message, _) => message.GetBodyReader().ReadString());

    public Task<string> NameAsync(AccessibleAddress element) => StringAsync(element, "Name");

    public Task<string> DescriptionAsync(AccessibleAddress element) => StringAsync(element, "Description");

    /// <summary>Bits of its states.</summary>
    public Task<ulong> StatesAsync(AccessibleAddress element) =>
        AskAsync(Call(_connection, element, Accessible, "GetState"), static (message, _) =>
        {
            var words = message.GetBodyReader().ReadArrayOfUInt32();
            return (words.Length > 0 ? words[0] : 0UL) | (words.Length > 1 ? (ulong)words[1] << 32 : 0UL);
        });

    public Task<string[]> InterfacesAsync(AccessibleAddress element) =>
        AskAsync(Call(_connection, element, Accessible, "GetInterfaces"), static (message, _) => message.GetBodyReader().ReadArrayOfString());

    /// <summary>Where it is on the screen.</summary>
    public Task<Region> BoundsAsync(AccessibleAddress element)
    {
        var writer = _connection.GetMessageWriter();
        writer.WriteMethodCallHeader(element.Bus, element.Path, Component, "GetExtents", "u");
        // Relative to the screen.
        writer.WriteUInt32(0);
        return AskAsync(writer.CreateMessage(), static (message, _) =>
        {
            var reader = message.GetBodyReader();
            reader.AlignStruct();
            return new Region(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        });
    }

    public Task<string[]> ActionsAsync(AccessibleAddress element) =>
        AskAsync(Call(_connection, element, Action, "GetActions"), static (message, _) =>
        {
            var reader = message.GetBodyReader();
            var names = new List<string>();
            var end = reader.ReadArrayStart(DBusType.Struct);
            while (reader.HasNext(end))
            {
                reader.AlignStruct();
                names.Add(reader.ReadString());
                _ = reader.ReadString();
                _ = reader.ReadString();
            }

            return names.ToArray();
        });

    public Task<bool> ActAsync(AccessibleAddress element, int action)
    {
        var writer = _connection.GetMessageWriter();
        writer.WriteMethodCallHeader(element.Bus, element.Path, Action, "DoAction", "i");
        writer.WriteInt32(action);
        return AskAsync(writer.CreateMessage(), static (message, _) => message.GetBodyReader().ReadBool());
    }

    public Task<bool> FocusAsync(AccessibleAddress element) =>
        AskAsync(Call(_connection, element, Component, "GrabFocus"), static (message, _) => message.GetBodyReader().ReadBool());

    public Task<string> TextAsync(AccessibleAddress element)
    {
        var writer = _connection.GetMessageWriter();
        writer.WriteMethodCallHeader(element.Bus, element.Path, Text, "GetText", "ii");
        writer.WriteInt32(0);
        writer.WriteInt32(MostTextCharacters);
        return AskAsync(writer.CreateMessage(), static (message, _) => message.GetBodyReader().ReadString());
    }

    public void Dispose() => _connection.Dispose();

    private Task<T> AskAsync<T>(MessageBuffer message, MessageValueReader<T> read) => _connection.CallMethodAsync(message, read).WaitAsync(Patience);

    private async Task<string> StringAsync(AccessibleAddress element, string property) =>
        await AskAsync(PropertyCall(element, Accessible, property), static (message, _) => message.GetBodyReader().ReadVariantValue()) is { Type: VariantValueType.String } text ? text.GetString() : "";

    private MessageBuffer PropertyCall(AccessibleAddress element, string @interface, string name)
    {
        var writer = _connection.GetMessageWriter();
        writer.WriteMethodCallHeader(element.Bus, element.Path, Properties, "Get", "ss");
        writer.WriteString(@interface);
        writer.WriteString(name);
        return writer.CreateMessage();
    }

    private static MessageBuffer Call(DBusConnection connection, AccessibleAddress element, string @interface, string member)
    {
        var writer = connection.GetMessageWriter();
        writer.WriteMethodCallHeader(element.Bus, element.Path, @interface, member);
        return writer.CreateMessage();
    }
}
