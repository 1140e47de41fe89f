using System.Text.Json;
using Hopx.Client;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hopx.Agent;

internal static class EnvironmentSetup
{
    public static IServiceCollection AddSandboxEnvironment(this IServiceCollection services) =>
        services.AddSingleton(_ => new SandboxEnvironment(Environment.GetEnvironmentVariables()));

    public static void MapSandboxEnvironment(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/env");
        group.MapGet("", (HttpContext http, SandboxEnvironment environment, TimeProvider time) => Answer(http, environment, time));
        group.MapPut("", (HttpContext http, SandboxEnvironment environment, TimeProvider time) => UpdateAsync(http, environment, time, mergeByDefault: false));
        group.MapPatch("", (HttpContext http, SandboxEnvironment environment, TimeProvider time) => UpdateAsync(http, environment, time, mergeByDefault: true));
        group.MapDelete("", (HttpContext http, SandboxEnvironment environment, TimeProvider time) =>
        {
            environment.ReplaceAll(new Dictionary<string, string?>());
            return Answer(http, environment, time);
        });
        group.MapDelete("/{key}", (string key, HttpContext http, SandboxEnvironment environment, TimeProvider time) =>
        {
            environment.Remove(key);
            return Answer(http, environment, time);
        });
    }

    private static async Task<JsonHttpResult<EnvironmentVariables>> UpdateAsync(HttpContext http, SandboxEnvironment environment, TimeProvider time, bool mergeByDefault)
    {
        var body = await RequestBody.ReadAsync(http, HopxJson.Default.JsonElement);
        if (body.ValueKind is not JsonValueKind.Object)
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'env_vars' is missing. Send {\"env_vars\": {\"NAME\": \"value\"}}.");
        }

        var isWrapped = body.TryGetProperty("env_vars", out var wrapped);
        Dictionary<string, string?> variables;
        try
        {
            variables = Read(isWrapped ? wrapped : body, isWrapped);
        }
        catch (InvalidOperationException noText)
        {
            // Half of a surrogate pair, escaped.
            throw new HopxException(HopxErrorCode.InvalidJson, "A name or value holds half of a character. Send whole Unicode characters.", noText);
        }

        if (ReadMerge(body, isWrapped) ?? mergeByDefault)
        {
            environment.Update(variables);
        }
        else
        {
            environment.ReplaceAll(variables);
        }

        return Answer(http, environment, time);
    }

    // In a flat map anything but true and false is a variable of that name.
    private static bool? ReadMerge(JsonElement body, bool isWrapped) => !body.TryGetProperty("merge", out var asked) ? null : asked.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Null => null,
        _ when !isWrapped => null,
        _ => throw new HopxException(HopxErrorCode.InvalidRequest, "'merge' must be true or false."),
    };

    /// <returns>Names and values; a value that is null takes the variable away.</returns>
    private static Dictionary<string, string?> Read(JsonElement map, bool isWrapped)
    {
        if (map.ValueKind is not JsonValueKind.Object)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "'env_vars' must be an object of names and texts, such as {\"NAME\": \"value\"}.");
        }

        var variables = new Dictionary<string, string?>();
        foreach (var property in map.EnumerateObject())
        {
            if (!isWrapped && property.Name == "merge" && property.Value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            {
                continue;
            }

            variables[property.Name] = property.Value.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String => property.Value.GetString()!,
                JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => property.Value.GetRawText(),
                _ => throw new HopxException(
                    HopxErrorCode.InvalidRequest, $"The environment variable '{property.Name}' must be text; it is {property.Value.ValueKind.ToString().ToLowerInvariant()}."),
            };
        }

        return variables;
    }

    private static JsonHttpResult<EnvironmentVariables> Answer(HttpContext http, SandboxEnvironment environment, TimeProvider time)
    {
        var all = environment.GetAll();
        return TypedResults.Json(
            new EnvironmentVariables { EnvVars = all, Count = all.Count, Timestamp = time.GetUtcNow(), RequestId = http.TraceIdentifier },
            HopxJson.Default.EnvironmentVariables);
    }
}
