using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Magics;

/// <summary>A command of a session, written #!name on a line of its own.</summary>
public interface IMagic
{
    /// <summary>The name without #!.</summary>
    string Name { get; }

    /// <summary>One line for #!lsmagic.</summary>
    string Help { get; }

    /// <summary>Does what it says. Wrong arguments are a <see cref="Languages.CellException"/>.</summary>
    Task RunAsync(MagicPart call, NotebookSession session, CellScope scope);
}
