namespace Hopx.ControlPlane.Templates;

/// <summary>What the template <c>desktop</c> has over <c>base</c>: an X server that speaks VNC, a window manager, a browser and everyday applications.</summary>
internal static class DesktopTemplate
{
    public static readonly string[] Packages =
    [
        // The screen, what arranges windows on it, and the libraries with which hopx-desktop reaches it.
        "tigervnc-standalone-server", "tigervnc-tools", "x11-xkb-utils", "openbox", "tint2", "libxcb1", "libxcb-damage0", "libxcb-randr0", "libxcb-shm0",
        "libxcb-xfixes0", "libxcb-xtest0", "libturbojpeg0", "libwebp7",
        // Applications.
        "chromium", "gnumeric", "lxterminal", "mousepad", "pcmanfm", "xterm",
        // What they look like and write with.
        "adwaita-icon-theme", "fonts-dejavu-core", "fonts-liberation", "fonts-noto-cjk", "fonts-noto-color-emoji", "shared-mime-info",
        // The accessibility bus, reading text from pictures, recording.
        "at-spi2-core", "dbus", "dbus-x11", "ffmpeg", "tesseract-ocr", "tesseract-ocr-eng",
    ];

    public static readonly string[] ExcludedFiles =
    [
        // Chromium speaks English here, as all else does.
        "/usr/lib/chromium/locales/[a-df-z]*", "/usr/share/fonts/opentype/noto/NotoSerifCJK-*", "/usr/share/gnumeric/*/templates/*", "/usr/share/help/*",
    ];

    public static readonly string[] Steps =
    [
        "useradd --create-home --uid 1000 --user-group --shell /bin/bash user",
        "mkdir -p /workspace && chown user:user /workspace",
        ChromiumFlags, ChromiumPolicy, Openbox, Panel, Terminal, UserFiles,
        "fc-cache -f",
        "chown -R user:user /home/user",
    ];

    public static readonly TemplateCheck[] Checks =
    [
        new("X server", "Xvnc -version 2>&1", "Xvnc TigerVNC"),
        new("window manager", "openbox --version", "Openbox"),
        new("browser", "su user -c 'chromium --version'", "Chromium"),
        new("OCR", "tesseract --list-langs 2>&1", "eng"),
        new("recording", "ffmpeg -hide_banner -encoders 2>/dev/null | grep -o -E ' (libx264|libvpx) ' | sort | tr -d '\\n'", "libvpx  libx264"),
        new("fonts", "fc-list : family", "Noto Sans CJK"),
        new("emoji", "fc-match emoji", "Noto Color Emoji"),
        new("user", "su user -c 'id -un; echo $HOME'", "/home/user"),
    ];

    // Sandboxes refuse user namespaces, on which Chromium's own sandbox stands: a page that broke out of it would
    // meet the same wall as any other code in the sandbox, while namespaces would open much of the kernel to all of it.
    private const string ChromiumFlags = """
        mkdir -p /etc/chromium.d && cat > /etc/chromium.d/hopx <<'EOF'
        export CHROMIUM_FLAGS="$CHROMIUM_FLAGS --no-sandbox --disable-gpu --password-store=basic --no-first-run --no-default-browser-check --disable-background-networking --disable-component-update --disable-sync --disable-breakpad --force-renderer-accessibility=basic --start-maximized"
        EOF
        """;

    private const string ChromiumPolicy = """
        mkdir -p /etc/chromium/policies/managed && cat > /etc/chromium/policies/managed/hopx.json <<'EOF'
        {
          "AutofillAddressEnabled": false,
          "AutofillCreditCardEnabled": false,
          "BackgroundModeEnabled": false,
          "BrowserSignin": 0,
          "CommandLineFlagSecurityWarningsEnabled": false,
          "ComponentUpdatesEnabled": false,
          "DefaultBrowserSettingEnabled": false,
          "DefaultNotificationsSetting": 2,
          "DefaultSearchProviderEnabled": false,
          "DnsOverHttpsMode": "off",
          "HomepageIsNewTabPage": false,
          "HomepageLocation": "about:blank",
          "MetricsReportingEnabled": false,
          "NetworkPredictionOptions": 2,
          "NewTabPageLocation": "about:blank",
          "PasswordManagerEnabled": false,
          "PromotionalTabsEnabled": false,
          "RestoreOnStartup": 5,
          "SafeBrowsingProtectionLevel": 0,
          "SearchSuggestEnabled": false,
          "SpellCheckServiceEnabled": false,
          "SyncDisabled": true,
          "TranslateEnabled": false,
          "UrlKeyedAnonymizedDataCollectionEnabled": false
        }
        EOF
        """;

    private const string Openbox = """
        mkdir -p /home/user/.config/openbox && cat > /home/user/.config/openbox/rc.xml <<'EOF'
        <?xml version="1.0" encoding="UTF-8"?>
        <openbox_config xmlns="http://openbox.org/3.4/rc">
          <focus><focusNew>yes</focusNew><followMouse>no</followMouse><raiseOnFocus>yes</raiseOnFocus></focus>
          <placement><policy>Smart</policy><center>yes</center></placement>
          <theme>
            <name>Clearlooks</name><titleLayout>NLIMC</titleLayout><animateIconify>no</animateIconify>
            <font place="ActiveWindow"><name>DejaVu Sans</name><size>10</size><weight>Bold</weight></font>
            <font place="InactiveWindow"><name>DejaVu Sans</name><size>10</size></font>
            <font place="MenuHeader"><name>DejaVu Sans</name><size>10</size></font>
            <font place="MenuItem"><name>DejaVu Sans</name><size>10</size></font>
          </theme>
          <desktops><number>1</number><popupTime>0</popupTime></desktops>
          <keyboard>
            <!-- To bind them anew takes it a look at all the locale's compositions, and typing changes the keyboard's spare keys often: it would be busy for minutes. -->
            <rebindOnMappingNotify>no</rebindOnMappingNotify>
            <keybind key="A-F4"><action name="Close"/></keybind>
            <keybind key="A-Tab"><action name="NextWindow"><finalactions><action name="Focus"/><action name="Raise"/><action name="Unshade"/></finalactions></action></keybind>
          </keyboard>
          <mouse>
            <dragThreshold>3</dragThreshold><doubleClickTime>400</doubleClickTime>
            <context name="Frame">
              <mousebind button="A-Left" action="Drag"><action name="Move"/></mousebind>
            </context>
            <context name="Titlebar">
              <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
              <mousebind button="Left" action="Drag"><action name="Move"/></mousebind>
              <mousebind button="Left" action="DoubleClick"><action name="ToggleMaximize"/></mousebind>
            </context>
            <context name="Top"><mousebind button="Left" action="Drag"><action name="Resize"><edge>top</edge></action></mousebind></context>
            <context name="Left"><mousebind button="Left" action="Drag"><action name="Resize"><edge>left</edge></action></mousebind></context>
            <context name="Right"><mousebind button="Left" action="Drag"><action name="Resize"><edge>right</edge></action></mousebind></context>
            <context name="Bottom"><mousebind button="Left" action="Drag"><action name="Resize"><edge>bottom</edge></action></mousebind></context>
            <context name="TRCorner BRCorner TLCorner BLCorner"><mousebind button="Left" action="Drag"><action name="Resize"/></mousebind></context>
            <context name="Client">
              <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
              <mousebind button="Middle" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
              <mousebind button="Right" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
            </context>
            <context name="Close"><mousebind button="Left" action="Click"><action name="Close"/></mousebind></context>
            <context name="Maximize"><mousebind button="Left" action="Click"><action name="ToggleMaximize"/></mousebind></context>
            <context name="Iconify"><mousebind button="Left" action="Click"><action name="Iconify"/></mousebind></context>
            <context name="Root"><mousebind button="Right" action="Press"><action name="ShowMenu"><menu>root-menu</menu></action></mousebind></context>
          </mouse>
          <menu><file>menu.xml</file></menu>
        </openbox_config>
        EOF
        cat > /home/user/.config/openbox/menu.xml <<'EOF'
        <?xml version="1.0" encoding="UTF-8"?>
        <openbox_menu xmlns="http://openbox.org/3.4/menu">
          <menu id="root-menu" label="Desktop">
            <item label="Browser"><action name="Execute"><command>chromium</command></action></item>
            <item label="Terminal"><action name="Execute"><command>lxterminal</command></action></item>
            <item label="Files"><action name="Execute"><command>pcmanfm /workspace</command></action></item>
            <item label="Editor"><action name="Execute"><command>mousepad</command></action></item>
            <item label="Spreadsheet"><action name="Execute"><command>gnumeric</command></action></item>
          </menu>
        </openbox_menu>
        EOF
        """;

    // No clock: a screen on which nothing happens stays as it is.
    private const string Panel = """
        mkdir -p /home/user/.config/tint2 && cat > /home/user/.config/tint2/tint2rc <<'EOF'
        rounded = 0
        border_width = 0
        background_color = #2b303b 100
        rounded = 3
        border_width = 1
        background_color = #4f5b66 100
        border_color = #a7adba 60
        panel_items = LT
        panel_size = 100% 32
        panel_position = bottom center horizontal
        panel_layer = top
        strut_policy = follow_size
        panel_background_id = 1
        font_shadow = 0
        taskbar_mode = single_desktop
        task_text = 1
        task_icon = 1
        task_maximum_size = 220 32
        task_font = DejaVu Sans 10
        task_font_color = #d8dee9 100
        task_active_background_id = 2
        mouse_left = toggle_iconify
        mouse_right = close
        launcher_icon_size = 24
        launcher_tooltip = 0
        launcher_item_app = /usr/share/applications/chromium.desktop
        launcher_item_app = /usr/share/applications/lxterminal.desktop
        launcher_item_app = /usr/share/applications/pcmanfm.desktop
        launcher_item_app = /usr/share/applications/org.xfce.mousepad.desktop
        launcher_item_app = /usr/share/applications/gnumeric.desktop
        EOF
        """;

    private const string Terminal = """
        mkdir -p /home/user/.config/lxterminal && cat > /home/user/.config/lxterminal/lxterminal.conf <<'EOF'
        [general]
        fontname=DejaVu Sans Mono 11
        cursorblinks=false
        audiblebell=false
        EOF
        cat > /home/user/.Xresources <<'EOF'
        XTerm*utf8: 1
        XTerm*faceName: DejaVu Sans Mono
        XTerm*faceNameDoublesize: Noto Sans Mono CJK JP
        XTerm*faceSize: 11
        EOF
        """;

    private const string UserFiles = """
        mkdir -p /home/user/.config/gtk-3.0 /home/user/Desktop /home/user/Documents /home/user/Downloads && cat > /home/user/.config/gtk-3.0/settings.ini <<'EOF'
        [Settings]
        gtk-font-name=DejaVu Sans 10
        gtk-icon-theme-name=Adwaita
        gtk-enable-animations=false
        gtk-cursor-blink=false
        gtk-recent-files-max-age=0
        EOF
        """;
}
