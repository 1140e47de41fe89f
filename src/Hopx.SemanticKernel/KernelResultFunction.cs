using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Hopx.SemanticKernel;

/// <summary>
/// Gives Semantic Kernel pictures in a form that harms no connector: a chat message. Connectors that know only text send its text;
/// a list of contents they would send as JSON, pictures and all, and a bare <see cref="ImageContent"/> some refuse. The application finds the pictures in its items.
/// </summary>
internal sealed class KernelResultFunction(AIFunction inner) : DelegatingAIFunction(inner)
{
    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var result = await base.InvokeCoreAsync(arguments, cancellationToken).ConfigureAwait(false);
        if (result is not IEnumerable<AIContent> contents)
        {
            return result;
        }

        var items = new ChatMessageContentItemCollection();
        foreach (var content in contents)
        {
            switch (content)
            {
                case Microsoft.Extensions.AI.TextContent text:
                    items.Add(new Microsoft.SemanticKernel.TextContent(text.Text));
                    break;
                case DataContent picture:
                    items.Add(new ImageContent(picture.Data, picture.MediaType));
                    break;
            }
        }

        return new ChatMessageContent(AuthorRole.Tool, items);
    }
}
