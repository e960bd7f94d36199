namespace Workbench.Races.Protocols;

/// <summary>How a value of a statement is made.</summary>
internal enum ValueKind
{
    Register,
    /// <summary>An entry that is not present.</summary>
    None,
    /// <summary>A pointer to the lower table.</summary>
    Table,
    Clean,
    Dirty,
    /// <summary>A smallest leaf of one page, with the permission, A and D of the leaf it is a part of.</summary>
    Child,
    /// <summary>The 2 MiB leaf, with A and D if any of the given leaves has them.</summary>
    Block,
    ReadOnly,
    Writable,
    NonTranslating,
    Translating,
}
