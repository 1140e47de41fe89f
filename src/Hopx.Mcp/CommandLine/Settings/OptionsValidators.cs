using Hopx.Client;
using Hopx.ControlPlane;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.CommandLine.Settings;

/// <summary>Checks the ranges that the settings of the embedded control plane state.</summary>
[OptionsValidator]
internal sealed partial class ControlPlaneOptionsValidator : IValidateOptions<ControlPlaneOptions>;

/// <summary>Checks the ranges that the settings of the client state.</summary>
[OptionsValidator]
internal sealed partial class HopxClientOptionsValidator : IValidateOptions<HopxClientOptions>;
