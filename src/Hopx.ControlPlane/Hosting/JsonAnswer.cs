using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hopx.ControlPlane.Hosting;

/// <summary>A wire record as an answer, by its generated serialization alone.</summary>
internal static class JsonAnswer
{
    public static JsonHttpResult<T> Of<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(value, type, contentType: "application/json", statusCode: status);
}
