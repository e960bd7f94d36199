namespace Workbench.Notebooks.Magics;

/// <summary>A command of a session, written #!name on a line of its own.</summary>
public interface IMagic
{
    /// <summary>The name without #!.</summary>
    string Name { get; }

    /// <summary>One line for #!lsmagic.</summary>
    string Help { get; }

    /// <summary>What may follow it on its line.</summary>
    MagicSyntax Syntax => MagicSyntax.Nothing;

    /// <summary>Does what it says. What is wrong is a <see cref="Languages.CellException"/>.</summary>
    Task RunAsync(MagicCall call);
}
