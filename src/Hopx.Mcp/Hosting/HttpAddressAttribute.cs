using System.ComponentModel.DataAnnotations;

namespace Hopx.Mcp.Hosting;

/// <summary>A setting that is an absolute HTTP address, or is not set.</summary>
internal sealed class HttpAddressAttribute() : ValidationAttribute("The field {0} must be an address such as https://hopx.example.com.")
{
    public override bool IsValid(object? value) => value is null or Uri { IsAbsoluteUri: true, Scheme: "http" or "https" };
}
