using System.Text.Json.Nodes;
using Hopx.Client;
using Hopx.ControlPlane.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Hopx.ControlPlane.Tests.Operations;

/// <summary>The control plane's routes, described by ASP.NET Core from what they are.</summary>
internal static class DescribedApplication
{
    private const string Document = "v1";

    public static async Task<string> DescribeAsync(string home, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.Services.Configure<JsonOptions>(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, HopxJson.Default);
            json.SerializerOptions.PropertyNamingPolicy = HopxJson.Default.Options.PropertyNamingPolicy;
            json.SerializerOptions.DefaultIgnoreCondition = HopxJson.Default.Options.DefaultIgnoreCondition;
            foreach (var converter in HopxJson.Default.Options.Converters)
            {
                json.SerializerOptions.Converters.Add(converter);
            }
        });
        builder.Services.AddOpenApi(Document, options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "HopX API",
                    Version = Document,
                    Description = "The control plane of hopx-mcp. A sandbox's agent has an API of its own at the sandbox's public_host.",
                };
                // Whatever address it was asked at is the right one.
                document.Servers = [];
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                {
                    ["ApiKey"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = "X-API-Key" },
                    ["Bearer"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The same key." },
                };
                document.Security = [Requirement("ApiKey", document), Requirement("Bearer", document)];
                return Task.CompletedTask;
            });
            options.AddOperationTransformer(static async (operation, context, cancellationToken) =>
            {
                if (context.Description.ActionDescriptor.EndpointMetadata.OfType<TakenBody>().SingleOrDefault() is { } body)
                {
                    var schema = await context.GetOrCreateSchemaAsync(body.Type, parameterDescription: null, cancellationToken);
                    operation.RequestBody = new OpenApiRequestBody { Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = schema } } };
                }

                foreach (var taken in context.Description.ActionDescriptor.EndpointMetadata.OfType<TakenParameter>())
                {
                    operation.Parameters ??= [];
                    operation.Parameters.Add(new OpenApiParameter
                    {
                        Name = taken.Name,
                        In = taken.IsHeader ? ParameterLocation.Header : ParameterLocation.Query,
                        Description = taken.Description,
                        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                    });
                }

                // A route that reads its own path still has what stands in braces.
                foreach (var part in (context.Description.RelativePath ?? "").Split('/').Where(part => part.StartsWith('{')))
                {
                    operation.Parameters ??= [];
                    if (operation.Parameters.All(parameter => parameter.Name != part.Trim('{', '}')))
                    {
                        operation.Parameters.Add(new OpenApiParameter
                        {
                            Name = part.Trim('{', '}'),
                            In = ParameterLocation.Path,
                            Required = true,
                            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                        });
                    }
                }
            });
        });
        builder.AddControlPlane(new ControlPlaneOptions { Home = home });
        await using var app = builder.Build();
        app.MapControlPlane();
        // Routes are known to the description once they are served.
        await app.StartAsync(cancellationToken);
        var document = await app.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Document).GetOpenApiDocumentAsync(cancellationToken);
        var text = await document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken);
        return JsonNode.Parse(text)!.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true }) + "\n";
    }

    private static OpenApiSecurityRequirement Requirement(string scheme, OpenApiDocument document) => new() { [new OpenApiSecuritySchemeReference(scheme, document)] = [] };
}
