using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Magics;

/// <summary>#!lsmagic</summary>
internal sealed class ListMagics : IMagic
{
    public string Name => "lsmagic";

    public string Help => "list the languages and magics of this session";

    public Task RunAsync(MagicPart call, NotebookSession session, CellScope scope)
    {
        foreach (var language in session.Languages) scope.Output.Write(StreamName.Stdout, $"#!{string.Join(" #!", language.Aliases.Prepend(language.Name))}: a cell or its rest in this language\n");
        foreach (IMagic magic in session.Magics) scope.Output.Write(StreamName.Stdout, $"#!{magic.Name}: {magic.Help}\n");
        return Task.CompletedTask;
    }
}
