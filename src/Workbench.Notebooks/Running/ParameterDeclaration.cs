namespace Workbench.Notebooks.Running;

/// <summary>What values a parameter takes, as far as its default in the notebook says.</summary>
public enum ParameterKind
{
    /// <summary>Anything: the default is no literal.</summary>
    Any,
    /// <summary>Whole numbers.</summary>
    Whole,
    /// <summary>Whole numbers of 64 bits.</summary>
    Long,
    /// <summary>Numbers.</summary>
    Real,
    /// <summary>true or false.</summary>
    Flag,
    /// <summary>Texts.</summary>
    Text,
}

/// <summary>A variable that a cell tagged "parameters" assigns.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it takes; of a list, what its items are.</param>
/// <param name="IsList">Does it take a list?</param>
/// <param name="Type">Its type where the cell writes one; null where the compiler infers it.</param>
/// <param name="Suffix">What its literals end in: "f", "m", "L", or nothing.</param>
/// <param name="Default">The code of its default.</param>
public sealed record ParameterDeclaration(string Name, ParameterKind Kind, bool IsList, string? Type, string Suffix, string Default);
