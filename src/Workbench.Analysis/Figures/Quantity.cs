namespace Workbench.Analysis.Figures;

/// <summary>What the numbers of an axis are.</summary>
internal enum Quantity
{
    /// <summary>Numbers as they are; the title names their unit.</summary>
    Plain,
    /// <summary>Bytes, shown in IEC units.</summary>
    Bytes,
    /// <summary>Nanoseconds, shown in the unit that reads best.</summary>
    Time,
}
