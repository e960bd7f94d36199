namespace Workbench.Iommu.LeafChanges;

/// <summary>How each step of a split or a collapse is done. The defaults are sound; every other choice loses pages or worse, and is there to show that.</summary>
public sealed record LeafChangeProtocol
{
    /// <summary>The choices that lose nothing.</summary>
    public static LeafChangeProtocol Sound { get; } = new();

    /// <summary>What becomes of the D that the old leaves had.</summary>
    public DirtyCarry Dirty { get; init; }
    /// <summary>How visible entries are replaced.</summary>
    public LeafInstall Install { get; init; }
    /// <summary>When what is cached of the old entries is invalidated.</summary>
    public LeafFlush Flush { get; init; }
    /// <summary>What becomes of a D that hardware set in an old entry after it was read.</summary>
    public LateDirty LateDirty { get; init; }
    /// <summary>When a collapse frees the tables it unlinked.</summary>
    public TableRelease Release { get; init; }
    /// <summary>Is a part whose rule is another one changed at once? Old and new entries may then conflict in its TLB.</summary>
    public bool SkipBreak { get; init; }
}

/// <summary>What becomes of the D that the old leaves had when they were read.</summary>
public enum DirtyCarry : byte
{
    /// <summary>Every leaf of a split gets it; the leaf of a collapse gets it if any of the old ones had it.</summary>
    Carry,
    /// <summary>The new leaves are clean.</summary>
    Drop,
}

/// <summary>How visible entries are replaced.</summary>
public enum LeafInstall : byte
{
    /// <summary>Only while they are what was read; else they are looked at again.</summary>
    CompareAndSwap,
    /// <summary>By a plain store: what hardware set since the entry was read is overwritten.</summary>
    PlainStore,
}

/// <summary>When what is cached of the old entries is invalidated.</summary>
public enum LeafFlush : byte
{
    /// <summary>After the new entries are written.</summary>
    After,
    /// <summary>Before anything is changed, and not again: what is used meanwhile is cached again.</summary>
    Before,
    /// <summary>Never.</summary>
    None,
}

/// <summary>What becomes of a D that hardware set in an old entry after it was read.</summary>
public enum LateDirty : byte
{
    /// <summary>It is carried to the new leaves.</summary>
    Or,
    /// <summary>Nobody looks for it.</summary>
    Ignore,
}

/// <summary>When a collapse frees the tables it unlinked.</summary>
public enum TableRelease : byte
{
    /// <summary>When the invalidation has completed: no walk can be in them any more.</summary>
    AfterCompletion,
    /// <summary>At once. Hardware that still walks through a paging-structure cache then sets bits in memory that may be someone else's by now.</summary>
    BeforeFlush,
}
