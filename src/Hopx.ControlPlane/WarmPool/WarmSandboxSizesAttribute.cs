using System.ComponentModel.DataAnnotations;
using Hopx.ControlPlane.WarmPool;

namespace Hopx.ControlPlane;

/// <summary>Numbers of sandboxes that are kept ready, by template.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class WarmSandboxSizesAttribute : ValidationAttribute
{
    /// <summary>As the program sees fit.</summary>
    public const string Auto = "auto";

    public override bool IsValid(object? value) => value is string text && WarmSandboxSizes.TryParse(text, out _);

    public override string FormatErrorMessage(string name) =>
        $"{name} must be auto, a number from 0 to 100, or templates with such numbers and commas between, such as code-interpreter=2,base=1.";
}
