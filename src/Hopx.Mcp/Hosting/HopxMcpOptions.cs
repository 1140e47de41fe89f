using System.ComponentModel.DataAnnotations;
using Hopx.Client;
using Hopx.ControlPlane;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Hosting;

/// <summary>Settings of the MCP server.</summary>
internal sealed class HopxMcpOptions
{
    /// <summary>Directory of the stored conversation map.</summary>
    /// <value>That of the control plane by default.</value>
    [Required]
    public string Home { get; set; } = ControlPlaneOptions.DefaultHome();

    /// <summary>Whether only tools that change nothing are offered; wins over every other choice of tools.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>Sets of tools that are offered.</summary>
    /// <value>Names from <see cref="Tools.Toolsets"/>; <c>default</c> by default.</value>
    public IReadOnlyList<string> Toolsets { get; set; } = [Tools.Toolsets.Default];

    /// <summary>Time after which a call answers with what there is: clients give up at 60 seconds.</summary>
    /// <value>From 1 second to 10 minutes; 45 seconds by default.</value>
    [TimeRange("00:00:01", "00:10:00")]
    public TimeSpan CallBudget { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>Time limit of code and commands whose caller named none. What takes longer than <see cref="CallBudget"/> goes on as a job.</summary>
    /// <value>From 1 second to 24 hours; 10 minutes by default.</value>
    [TimeRange("00:00:01", "1.00:00:00")]
    public TimeSpan RunTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest time limit that a caller may name; the sandbox's agent allows an hour by default.</summary>
    /// <value>From 1 second to 24 hours; 1 hour by default.</value>
    [TimeRange("00:00:01", "1.00:00:00")]
    public TimeSpan MaxRunTimeout { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a call that typed into a job waits for what comes of it.</summary>
    /// <value>From 0 to 30 seconds; 2 seconds by default.</value>
    [TimeRange("00:00:00", "00:00:30")]
    public TimeSpan InputPatience { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a call that takes long tells of its progress, where the client asked for it.</summary>
    /// <value>From 1 second to 1 minute; 5 seconds by default.</value>
    [TimeRange("00:00:01", "00:01:00")]
    public TimeSpan ProgressInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Template of sandboxes whose caller named none.</summary>
    [Required]
    public string Template { get; set; } = "code-interpreter";

    /// <summary>Template of the sandbox that a desktop tool makes for a conversation that has none.</summary>
    [Required]
    public string DesktopTemplate { get; set; } = "desktop";

    /// <summary>Program of that template that opens web pages.</summary>
    [Required]
    public string DesktopBrowser { get; set; } = "chromium";

    /// <summary>Lifetime of a sandbox whose caller named none; begins anew while the sandbox is used.</summary>
    /// <value>From 1 minute to 24 hours; 1 hour by default.</value>
    [TimeRange("00:01:00", "1.00:00:00")]
    public TimeSpan SandboxLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Longest lifetime that a caller may name.</summary>
    /// <value>From 1 minute to 30 days; 24 hours by default.</value>
    [TimeRange("00:01:00", "30.00:00:00")]
    public TimeSpan MaxSandboxLifetime { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a sandbox whose caller stopped waiting is kept for the next call before it is deleted.</summary>
    /// <value>From 1 second to 1 hour; 5 minutes by default.</value>
    [TimeRange("00:00:01", "01:00:00")]
    public TimeSpan PreparedSandboxPatience { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many sandboxes may be in preparation at once.</summary>
    /// <value>From 1 to 1,000; 16 by default.</value>
    [Range(1, 1000)]
    public int MaxSandboxesInPreparation { get; set; } = 16;

    /// <summary>Most characters of sandbox output in one result; the rest is kept in a file in the sandbox.</summary>
    /// <value>From 1,000 to 500,000; 20,000 by default.</value>
    [Range(1_000, 500_000)]
    public int OutputBudget { get; set; } = 20_000;

    /// <summary>Most pictures in one result.</summary>
    /// <value>From 0 to 20; 4 by default.</value>
    [Range(0, 20)]
    public int MaxPictures { get; set; } = 4;

    /// <summary>Largest picture that is put into a result.</summary>
    /// <value>From 1 KiB to 20 MiB; 2 MiB by default.</value>
    [Range(1 << 10, 20 << 20)]
    public int MaxPictureBytes { get; set; } = 2 << 20;

    /// <summary>How pictures of the screen are encoded.</summary>
    /// <value><c>Auto</c> by default: PNG, or JPEG where PNG would be larger than <see cref="MaxScreenBytes"/>.</value>
    public ScreenFormat ScreenFormat { get; set; }

    /// <summary>Longest edge of a picture of the screen: models scale larger ones down, and then their coordinates are wrong.</summary>
    /// <value>From 64 to 8,000; 1,568 by default.</value>
    [Range(64, 8_000)]
    public int MaxScreenEdge { get; set; } = 1_568;

    /// <summary>Most pixels of a picture of the screen, for the same reason.</summary>
    /// <value>From 4,096 to 64,000,000; 1,150,000 by default.</value>
    [Range(4_096, 64_000_000)]
    public int MaxScreenPixels { get; set; } = 1_150_000;

    /// <summary>Largest picture of the screen: clients refuse results over a mebibyte, and text makes it a third larger.</summary>
    /// <value>From 16 KiB to 20 MiB; 700 KiB by default.</value>
    [Range(16 << 10, 20 << 20)]
    public int MaxScreenBytes { get; set; } = 700 << 10;

    /// <summary>Longest time in which a screen that changes is waited for after an action.</summary>
    /// <value>From 0 to 30 seconds; 2 seconds by default.</value>
    [TimeRange("00:00:00", "00:00:30")]
    public TimeSpan SettlePatience { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest time in which a page that <c>open_url</c> opened is waited for.</summary>
    /// <value>From 1 to 40 seconds; 20 seconds by default.</value>
    [TimeRange("00:00:01", "00:00:40")]
    public TimeSpan PagePatience { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Largest file that can be edited or written in one call, and largest stretch that is searched for line ends.</summary>
    /// <value>From 1 KiB to 128 MiB; 16 MiB by default.</value>
    [Range(1 << 10, 128 << 20)]
    public int MaxFileBytes { get; set; } = 16 << 20;

    /// <summary>Most entries of a directory, and most sandboxes, in one result.</summary>
    /// <value>From 10 to 10,000; 200 by default.</value>
    [Range(10, 10_000)]
    public int MaxListEntries { get; set; } = 200;

    /// <summary>How long a link to the live view of a desktop opens it; each does so once.</summary>
    /// <value>From 10 seconds to 1 hour; 2 minutes by default.</value>
    [TimeRange("00:00:10", "01:00:00")]
    public TimeSpan LiveTicketLifetime { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a browser that opened the live view may look.</summary>
    /// <value>From 1 minute to 24 hours; 4 hours by default.</value>
    [TimeRange("00:01:00", "1.00:00:00")]
    public TimeSpan LiveSessionLifetime { get; set; } = TimeSpan.FromHours(4);

    /// <summary>Address by which browsers reach this server, for links to the live view; of which only scheme, host and port count.</summary>
    /// <value>An HTTP address; by default the one that the server was called by, and over stdio that of loopback.</value>
    [HttpAddress]
    public Uri? LiveViewUrl { get; set; }

    /// <summary>Port of loopback on which the live view is served beside MCP over stdio.</summary>
    /// <value>From 0 to 65,535; 0, any free one, by default.</value>
    [Range(0, 65_535)]
    public int LiveViewPort { get; set; }

    /// <summary>How long the sandbox of a conversation that is not heard of is remembered.</summary>
    /// <value>From 1 minute to 365 days; 7 days by default.</value>
    [TimeRange("00:01:00", "365.00:00:00")]
    public TimeSpan ConversationLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Keys of a request's <c>_meta</c> that name the conversation; the first one found counts.</summary>
    public IReadOnlyList<string> ConversationMetaKeys { get; set; } =
        ["vscode.conversationId", "openai/session", "ai.opencode/sessionID", "antigravity.google/conversation_id", "threadId"];

    /// <summary>Environment variables that name the conversation of a stdio client; the first one found counts.</summary>
    public IReadOnlyList<string> ConversationVariables { get; set; } = ["CLAUDE_CODE_SESSION_ID"];

    /// <summary>How many callers' connections are kept open.</summary>
    /// <value>From 1 to 10,000; 256 by default.</value>
    [Range(1, 10_000)]
    public int MaxCallers { get; set; } = 256;

    /// <summary>Host names besides those of loopback under which the HTTP endpoint may be called; <c>*</c> for any.</summary>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    /// <summary>Origins besides those of loopback whose web pages may call the HTTP endpoint.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; set; } = [];
}

/// <summary>How a picture is encoded.</summary>
internal enum ScreenFormat
{
    Auto,
    Png,
    Jpeg,
    WebP,
}

/// <summary>Checks the ranges that the settings state.</summary>
[OptionsValidator]
internal sealed partial class HopxMcpOptionsValidator : IValidateOptions<HopxMcpOptions>;
