using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Hopx.Client;

/// <summary>A time from a minimum to a maximum, both included. Unlike the framework's range of a named type it needs no reflection.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TimeRangeAttribute(string minimum, string maximum) : ValidationAttribute
{
    public string Minimum { get; } = minimum;

    public string Maximum { get; } = maximum;

    public override bool IsValid(object? value) =>
        value is TimeSpan time && time >= Parse(Minimum) && time <= Parse(Maximum);

    public override string FormatErrorMessage(string name) => $"{name} must be a time from {Minimum} to {Maximum} (hours:minutes:seconds).";

    private static TimeSpan Parse(string text) => TimeSpan.Parse(text, CultureInfo.InvariantCulture);
}
