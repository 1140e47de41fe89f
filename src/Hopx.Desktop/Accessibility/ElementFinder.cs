using Hopx.Client;
using Tmds.DBus.Protocol;

namespace Hopx.Desktop;

/// <summary>Finds elements of applications by role and name, and does what they offer.</summary>
internal sealed class ElementFinder(DesktopSupervisor desktop, TimeProvider time) : IDisposable
{
    private const int DefaultLimit = 200;
    private const int MostElements = 2_000;
    private const int MostVisited = 5_000;
    private const int MostDepth = 60;
    private const int Showing = 25;

    // Programs that hang must not make the whole search hang.
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(15);

    // Numbers of states, by which AT-SPI means bits.
    private static readonly (int Bit, string Name)[] StateNames =
    [
        (1, "active"), (4, "checked"), (7, "editable"), (8, "enabled"), (9, "expandable"), (10, "expanded"), (11, "focusable"), (12, "focused"), (16, "modal"),
        (20, "pressed"), (22, "selectable"), (23, "selected"), (24, "sensitive"), (25, "showing"), (30, "visible"), (33, "required"), (41, "checkable"), (43, "read-only"),
    ];

    private readonly SemaphoreSlim _one = new(1, 1);

    public void Dispose() => _one.Dispose();

    public async Task<AccessibilityElements> FindAsync(AccessibilityRequest? request, CancellationToken cancellationToken)
    {
        request ??= new();
        var limit = request.Limit ?? DefaultLimit;
        if (limit is < 1 or > MostElements)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'limit' is {limit}; it must be from 1 to {MostElements}.");
        }

        await desktop.GetAsync(cancellationToken);
        await _one.WaitAsync(cancellationToken);
        try
        {
            using var bus = await AccessibilityBus.OpenAsync(desktop.ProgramEnvironment["DBUS_SESSION_BUS_ADDRESS"]);
            var search = new Search(bus, request, limit, time.GetTimestamp());
            foreach (var application in await SafelyAsync(() => bus.ChildrenAsync(AccessibilityBus.Root), []))
            {
                var name = await SafelyAsync(() => bus.NameAsync(application), "");
                if (request.Application is null || name.Contains(request.Application, StringComparison.OrdinalIgnoreCase))
                {
                    await VisitAsync(search, application, name, 0, cancellationToken);
                }
            }

            return new AccessibilityElements { Elements = search.Found, Count = search.Found.Count, Truncated = search.IsTruncated };
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task ActAsync(AccessibilityActionRequest? request, CancellationToken cancellationToken)
    {
        var element = AccessibleAddress.Parse(request?.Id);
        await desktop.GetAsync(cancellationToken);
        using var bus = await AccessibilityBus.OpenAsync(desktop.ProgramEnvironment["DBUS_SESSION_BUS_ADDRESS"]);
        try
        {
            if (request?.Action is "focus")
            {
                await bus.FocusAsync(element);
                return;
            }

            var actions = await bus.ActionsAsync(element);
            var number = request?.Action is { } wanted ? Array.FindIndex(actions, action => string.Equals(action, wanted, StringComparison.OrdinalIgnoreCase)) : 0;
            if (number < 0 || number >= actions.Length)
            {
                throw new HopxException(
                    HopxErrorCode.InvalidRequest,
                    $"The element does not offer '{request?.Action}'; it offers {(actions.Length > 0 ? string.Join(", ", actions) : "nothing")}. Click its place on the screen instead.");
            }

            await bus.ActAsync(element, number);
        }
        catch (Exception gone) when (gone is DBusErrorReplyException or DBusConnectionException or TimeoutException)
        {
            throw new HopxException(HopxErrorCode.ResourceNotFound, $"The element {request?.Id} does not answer: it or its program is gone, or it offers no actions. Search for elements again.", gone);
        }
    }

    private async Task VisitAsync(Search search, AccessibleAddress element, string application, int depth, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (search.Found.Count >= search.Limit || ++search.Visited > MostVisited || depth > MostDepth || time.GetElapsedTime(search.Started) > MostTime)
        {
            search.IsTruncated = true;
            return;
        }

        var bus = search.Bus;
        var states = await SafelyAsync(() => bus.StatesAsync(element), 0UL);
        // An application itself is not shown, only its windows are.
        var isShown = depth == 0 || (states & (1UL << Showing)) != 0;
        if (!isShown && search.Request.VisibleOnly is not false)
        {
            return;
        }

        var role = await SafelyAsync(() => bus.RoleAsync(element), "");
        var name = await SafelyAsync(() => bus.NameAsync(element), "");
        if (Matches(search.Request, role, name))
        {
            search.Found.Add(await DescribeAsync(bus, element, role, name, application, depth, states));
        }

        // Document web, document frame and the like.
        if (search.Request.SkipDocuments is true && role.StartsWith("document", StringComparison.Ordinal))
        {
            return;
        }

        foreach (var child in await SafelyAsync(() => bus.ChildrenAsync(element), []))
        {
            await VisitAsync(search, child, application, depth + 1, cancellationToken);
        }
    }

    private static async Task<AccessibilityElement> DescribeAsync(
        AccessibilityBus bus, AccessibleAddress element, string role, string name, string application, int depth, ulong states)
    {
        var interfaces = await SafelyAsync(() => bus.InterfacesAsync(element), []);
        var bounds = interfaces.Contains("org.a11y.atspi.Component") ? await SafelyAsync(() => bus.BoundsAsync(element), default) : default;
        var actions = interfaces.Contains("org.a11y.atspi.Action") ? await SafelyAsync(() => bus.ActionsAsync(element), []) : [];
        var value = interfaces.Contains("org.a11y.atspi.Text") ? await SafelyAsync(() => bus.TextAsync(element), "") : "";
        var description = await SafelyAsync(() => bus.DescriptionAsync(element), "");
        return new AccessibilityElement
        {
            Id = element.ToString(),
            Role = role,
            Name = name,
            Application = application,
            Description = description.Length > 0 ? description : null,
            Depth = depth,
            X = bounds.X,
            Y = bounds.Y,
            Width = bounds.Width,
            Height = bounds.Height,
            States = [.. StateNames.Where(state => (states & (1UL << state.Bit)) != 0).Select(state => state.Name)],
            Actions = actions.Length > 0 ? [.. actions.Where(action => action.Length > 0)] : null,
            Value = value.Length > 0 ? value : null,
        };
    }

    // Toolkits have not agreed on names: push button in one, button in another.
    private static bool Matches(AccessibilityRequest request, string role, string name) =>
        (request.Role is null || role.Equals(request.Role, StringComparison.OrdinalIgnoreCase) || role.EndsWith($" {request.Role}", StringComparison.OrdinalIgnoreCase))
        && (request.Name is null || name.Contains(request.Name, StringComparison.OrdinalIgnoreCase));

    // An element may vanish while the search is under way, and not all implement everything.
    private static async Task<T> SafelyAsync<T>(Func<Task<T>> ask, T otherwise)
    {
        try
        {
            return await ask();
        }
        catch (Exception gone) when (gone is DBusErrorReplyException or DBusUnexpectedValueException or TimeoutException)
        {
            return otherwise;
        }
    }

    private sealed class Search(AccessibilityBus bus, AccessibilityRequest request, int limit, long started)
    {
        public AccessibilityBus Bus => bus;

        public AccessibilityRequest Request => request;

        public int Limit => limit;

        public long Started => started;

        public List<AccessibilityElement> Found { get; } = [];

        public int Visited { get; set; }

        public bool IsTruncated { get; set; }
    }
}
