using Hopx.Client;
using Hopx.ControlPlane.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>From a record to what clients see.</summary>
internal sealed class SandboxAnswers(IOptions<ControlPlaneOptions> options)
{
    public Sandbox ToWire(SandboxRecord record, HttpContext context)
    {
        var address = record.Port is { } port ? $"http://127.0.0.1:{port}" : null;
        return new Sandbox
        {
            Id = record.Id,
            Status = record.Status,
            StatusReason = record.StatusReason,
            TemplateId = record.TemplateId,
            TemplateName = record.TemplateName,
            OrganizationId = record.OrganizationId,
            NodeId = Environment.MachineName,
            Region = options.Value.Region,
            Resources = record.Resources,
            // There is no way out of a sandbox yet, whatever was asked for.
            InternetAccess = false,
            LiveMode = true,
            TimeoutSeconds = record.TimeoutSeconds,
            ExpiresAt = record.ExpiresAt,
            CreatedAt = record.CreatedAt,
            UpdatedAt = record.UpdatedAt,
            PublicHost = address,
            DirectUrl = address,
            PreviewUrl = address,
            Limits = record.Handle?.Enforcement?.ToWire(),
            RequestId = RequestId.Of(context),
        };
    }
}
