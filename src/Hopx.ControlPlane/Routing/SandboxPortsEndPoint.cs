using System.Net;

namespace Hopx.ControlPlane.Routing;

/// <summary>Stands for all ports of all sandboxes: Kestrel binds it once, sockets come and go behind it.</summary>
internal sealed class SandboxPortsEndPoint : EndPoint
{
    public override string ToString() => "one loopback port for each sandbox";
}
