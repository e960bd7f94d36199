namespace Workbench.Iommu.LeafChanges;

/// <summary>What a step of a split or a collapse does.</summary>
public enum LeafChangeStepKind : byte
{
    /// <summary>Entries were looked at.</summary>
    Read,
    /// <summary>Entries were written into tables that hardware does not see yet.</summary>
    Build,
    /// <summary>Visible entries were written.</summary>
    Install,
    /// <summary>One invalidation, with its wait, is about to happen.</summary>
    Invalidate,
    /// <summary>Entries were looked at or written after completion, and tables freed.</summary>
    Settle,
}
