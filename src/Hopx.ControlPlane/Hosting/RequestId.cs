using Microsoft.AspNetCore.Http;

namespace Hopx.ControlPlane.Hosting;

/// <summary>The id of a request: in a header of every answer, and in every body.</summary>
internal static class RequestId
{
    public static string Of(HttpContext context) => "req_" + context.TraceIdentifier.Replace(":", "", StringComparison.Ordinal);
}
