using System.Globalization;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Magics;

/// <summary>A magic at work.</summary>
/// <param name="Part">As it stands in the cell.</param>
/// <param name="Arguments">Its arguments, checked.</param>
/// <param name="Session">The session.</param>
/// <param name="Scope">The cell.</param>
/// <param name="AtEnd">What to do when the cell has ended, however it ends.</param>
public sealed record MagicCall(MagicPart Part, MagicArguments Arguments, NotebookSession Session, CellScope Scope, IList<Action> AtEnd)
{
    /// <summary>The variables of the language the magic stands in.</summary>
    public IVariables Target => Session.VariablesOf(Part.Language, Part.FirstLine);

    /// <summary>An error of this magic, with its line.</summary>
    public CellException Error(string message) => Error(Part.FirstLine, message);

    /// <summary>An error on a line of the cell.</summary>
    public static CellException Error(int line, string message) => new("MagicError", string.Create(CultureInfo.InvariantCulture, $"Line {line}: {message}"));
}
