using System.Runtime.InteropServices;

namespace Hopx.Desktop;

/// <summary>The X protocol as libxcb and its extension libraries speak it. A reply is memory that <see cref="Free"/> takes back; a request's cookie is its number.</summary>
internal static unsafe partial class Xcb
{
    public const byte KeyPress = 2;
    public const byte KeyRelease = 3;
    public const byte ButtonPress = 4;
    public const byte ButtonRelease = 5;
    public const byte MotionNotify = 6;
    public const byte PropertyNotify = 28;
    public const byte SelectionClear = 29;
    public const byte SelectionRequest = 30;
    public const byte SelectionNotify = 31;
    public const byte ClientMessage = 33;
    public const byte MappingNotify = 34;

    public const uint EventMaskProperty = 1 << 22;
    public const uint EventMaskSubstructureNotify = 1 << 19;
    public const uint EventMaskSubstructureRedirect = 1 << 20;
    public const uint AttributeBackPixel = 1 << 1;
    public const uint AttributeEventMask = 1 << 11;
    public const byte DamageReportNonEmpty = 3;
    public const byte ImageZPixmap = 2;

    private const string Core = "libxcb.so.1";
    private const string Test = "libxcb-xtest.so.0";
    private const string Shm = "libxcb-shm.so.0";
    private const string Damage = "libxcb-damage.so.0";
    private const string Fixes = "libxcb-xfixes.so.0";
    private const string RandR = "libxcb-randr.so.0";

    [StructLayout(LayoutKind.Sequential)]
    public struct ScreenIterator
    {
        public byte* Data;
        public int Remaining;
        public int Index;
    }

    [LibraryImport(Core, EntryPoint = "xcb_connect", StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint Connect(string display, out int screen);

    [LibraryImport(Core, EntryPoint = "xcb_connection_has_error")]
    public static partial int HasError(nint connection);

    [LibraryImport(Core, EntryPoint = "xcb_disconnect")]
    public static partial void Disconnect(nint connection);

    [LibraryImport(Core, EntryPoint = "xcb_flush")]
    public static partial int Flush(nint connection);

    [LibraryImport(Core, EntryPoint = "xcb_get_setup")]
    public static partial byte* GetSetup(nint connection);

    [LibraryImport(Core, EntryPoint = "xcb_setup_roots_iterator")]
    public static partial ScreenIterator Roots(byte* setup);

    [LibraryImport(Core, EntryPoint = "xcb_generate_id")]
    public static partial uint GenerateId(nint connection);

    [LibraryImport(Core, EntryPoint = "xcb_wait_for_event")]
    public static partial byte* WaitForEvent(nint connection);

    [LibraryImport(Core, EntryPoint = "xcb_query_extension", StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint QueryExtension(nint connection, ushort length, string name);

    [LibraryImport(Core, EntryPoint = "xcb_query_extension_reply")]
    public static partial byte* QueryExtensionReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Core, EntryPoint = "xcb_intern_atom", StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint InternAtom(nint connection, byte onlyIfExists, ushort length, string name);

    [LibraryImport(Core, EntryPoint = "xcb_intern_atom_reply")]
    public static partial byte* InternAtomReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Core, EntryPoint = "xcb_get_property")]
    public static partial uint GetProperty(nint connection, byte delete, uint window, uint property, uint type, uint offset, uint length);

    [LibraryImport(Core, EntryPoint = "xcb_get_property_reply")]
    public static partial byte* GetPropertyReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Core, EntryPoint = "xcb_change_property")]
    public static partial uint ChangeProperty(nint connection, byte mode, uint window, uint property, uint type, byte format, uint length, void* data);

    [LibraryImport(Core, EntryPoint = "xcb_delete_property")]
    public static partial uint DeleteProperty(nint connection, uint window, uint property);

    [LibraryImport(Core, EntryPoint = "xcb_create_window")]
    public static partial uint CreateWindow(
        nint connection, byte depth, uint window, uint parent, short x, short y, ushort width, ushort height, ushort border, ushort kind, uint visual, uint mask, uint* values);

    [LibraryImport(Core, EntryPoint = "xcb_change_window_attributes")]
    public static partial uint ChangeWindowAttributes(nint connection, uint window, uint mask, uint* values);

    [LibraryImport(Core, EntryPoint = "xcb_clear_area")]
    public static partial uint ClearArea(nint connection, byte exposures, uint window, short x, short y, ushort width, ushort height);

    [LibraryImport(Core, EntryPoint = "xcb_get_geometry")]
    public static partial uint GetGeometry(nint connection, uint drawable);

    [LibraryImport(Core, EntryPoint = "xcb_get_geometry_reply")]
    public static partial byte* GetGeometryReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Core, EntryPoint = "xcb_translate_coordinates")]
    public static partial uint TranslateCoordinates(nint connection, uint source, uint target, short x, short y);

    [LibraryImport(Core, EntryPoint = "xcb_translate_coordinates_reply")]
    public static partial byte* TranslateCoordinatesReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Core, EntryPoint = "xcb_send_event")]
    public static partial uint SendEvent(nint connection, byte propagate, uint destination, uint mask, byte* message);

    [LibraryImport(Core, EntryPoint = "xcb_query_pointer")]
    public static partial uint QueryPointer(nint connection, uint window);

    [LibraryImport(Core, EntryPoint = "xcb_query_pointer_reply")]
    public static partial byte* QueryPointerReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Core, EntryPoint = "xcb_set_selection_owner")]
    public static partial uint SetSelectionOwner(nint connection, uint owner, uint selection, uint time);

    [LibraryImport(Core, EntryPoint = "xcb_get_selection_owner")]
    public static partial uint GetSelectionOwner(nint connection, uint selection);

    [LibraryImport(Core, EntryPoint = "xcb_get_selection_owner_reply")]
    public static partial byte* GetSelectionOwnerReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Core, EntryPoint = "xcb_convert_selection")]
    public static partial uint ConvertSelection(nint connection, uint requestor, uint selection, uint target, uint property, uint time);

    [LibraryImport(Core, EntryPoint = "xcb_get_keyboard_mapping")]
    public static partial uint GetKeyboardMapping(nint connection, byte first, byte count);

    [LibraryImport(Core, EntryPoint = "xcb_get_keyboard_mapping_reply")]
    public static partial byte* GetKeyboardMappingReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Core, EntryPoint = "xcb_change_keyboard_mapping")]
    public static partial uint ChangeKeyboardMapping(nint connection, byte count, byte first, byte symbolsPerKey, uint* symbols);

    [LibraryImport(Core, EntryPoint = "xcb_get_modifier_mapping")]
    public static partial uint GetModifierMapping(nint connection);

    [LibraryImport(Core, EntryPoint = "xcb_get_modifier_mapping_reply")]
    public static partial byte* GetModifierMappingReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Core, EntryPoint = "xcb_query_keymap")]
    public static partial uint QueryKeymap(nint connection);

    [LibraryImport(Core, EntryPoint = "xcb_query_keymap_reply")]
    public static partial byte* QueryKeymapReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Core, EntryPoint = "xcb_get_input_focus")]
    public static partial uint GetInputFocus(nint connection);

    [LibraryImport(Core, EntryPoint = "xcb_get_input_focus_reply")]
    public static partial byte* GetInputFocusReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Test, EntryPoint = "xcb_test_fake_input")]
    public static partial uint FakeInput(nint connection, byte type, byte detail, uint time, uint root, short x, short y, byte device);

    [LibraryImport(Shm, EntryPoint = "xcb_shm_attach")]
    public static partial uint AttachSegment(nint connection, uint segment, uint id, byte readOnly);

    [LibraryImport(Shm, EntryPoint = "xcb_shm_detach")]
    public static partial uint DetachSegment(nint connection, uint segment);

    [LibraryImport(Shm, EntryPoint = "xcb_shm_get_image")]
    public static partial uint GetImage(nint connection, uint drawable, short x, short y, ushort width, ushort height, uint planes, byte format, uint segment, uint offset);

    [LibraryImport(Shm, EntryPoint = "xcb_shm_get_image_reply")]
    public static partial byte* GetImageReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Damage, EntryPoint = "xcb_damage_query_version")]
    public static partial uint DamageVersion(nint connection, uint major, uint minor);

    [LibraryImport(Damage, EntryPoint = "xcb_damage_query_version_reply")]
    public static partial byte* DamageVersionReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Damage, EntryPoint = "xcb_damage_create")]
    public static partial uint CreateDamage(nint connection, uint damage, uint drawable, byte level);

    [LibraryImport(Damage, EntryPoint = "xcb_damage_subtract")]
    public static partial uint SubtractDamage(nint connection, uint damage, uint repair, uint parts);

    [LibraryImport(Fixes, EntryPoint = "xcb_xfixes_query_version")]
    public static partial uint FixesVersion(nint connection, uint major, uint minor);

    [LibraryImport(Fixes, EntryPoint = "xcb_xfixes_query_version_reply")]
    public static partial byte* FixesVersionReply(nint connection, uint cookie, byte** error);

    [LibraryImport(Fixes, EntryPoint = "xcb_xfixes_select_selection_input")]
    public static partial uint SelectSelectionInput(nint connection, uint window, uint selection, uint mask);

    [LibraryImport(Fixes, EntryPoint = "xcb_xfixes_get_cursor_image")]
    public static partial uint GetCursorImage(nint connection);

    [LibraryImport(Fixes, EntryPoint = "xcb_xfixes_get_cursor_image_reply")]
    public static partial byte* GetCursorImageReply(nint connection, uint cookie, byte** error);

    [LibraryImport(RandR, EntryPoint = "xcb_randr_get_screen_resources_current")]
    public static partial uint GetScreenResources(nint connection, uint window);

    [LibraryImport(RandR, EntryPoint = "xcb_randr_get_screen_resources_current_reply")]
    public static partial byte* GetScreenResourcesReply(nint connection, uint cookie, byte** error);

    [LibraryImport(RandR, EntryPoint = "xcb_randr_get_crtc_info")]
    public static partial uint GetCrtcInfo(nint connection, uint crtc, uint timestamp);

    [LibraryImport(RandR, EntryPoint = "xcb_randr_get_crtc_info_reply")]
    public static partial byte* GetCrtcInfoReply(nint connection, uint cookie, byte** error);

    [LibraryImport(RandR, EntryPoint = "xcb_randr_set_crtc_config")]
    public static partial uint SetCrtcConfig(
        nint connection, uint crtc, uint timestamp, uint configTimestamp, short x, short y, uint mode, ushort rotation, uint outputCount, uint* outputs);

    [LibraryImport(RandR, EntryPoint = "xcb_randr_set_crtc_config_reply")]
    public static partial byte* SetCrtcConfigReply(nint connection, uint cookie, byte** error);

    [LibraryImport(RandR, EntryPoint = "xcb_randr_set_screen_size")]
    public static partial uint SetScreenSize(nint connection, uint window, ushort width, ushort height, uint millimetersWide, uint millimetersHigh);

    [LibraryImport("libc", EntryPoint = "free")]
    public static partial void Free(void* memory);

    [LibraryImport("libc", EntryPoint = "shmget", SetLastError = true)]
    public static partial int GetSharedMemory(int key, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "shmat", SetLastError = true)]
    public static partial nint AttachSharedMemory(int id, nint address, int flags);

    [LibraryImport("libc", EntryPoint = "shmdt")]
    public static partial int DetachSharedMemory(nint address);

    [LibraryImport("libc", EntryPoint = "shmctl")]
    public static partial int ControlSharedMemory(int id, int command, nint buffer);
}
