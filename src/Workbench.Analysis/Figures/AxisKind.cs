namespace Workbench.Analysis.Figures;

/// <summary>How an axis runs.</summary>
internal enum AxisKind
{
    /// <summary>From 0, evenly.</summary>
    FromZero,
    /// <summary>Evenly, from where the data begins.</summary>
    Linear,
    /// <summary>By powers of ten.</summary>
    Log,
    /// <summary>One place for each name.</summary>
    Names,
}
