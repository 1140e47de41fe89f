using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Hopx.SemanticKernel;

/// <summary>Tells a model about missing and ill-typed arguments in words: what calls functions hides the text of exceptions.</summary>
internal sealed class ActionableFunction(AIFunction inner) : DelegatingAIFunction(inner)
{
    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await base.InvokeCoreAsync(arguments, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is ArgumentException or JsonException)
        {
            return $"Error: an argument of {Name} is missing or of the wrong type. {failure.Message}\nCall it again with arguments that fit its schema.";
        }
    }
}
