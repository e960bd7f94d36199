namespace Workbench.Races.Search;

/// <summary>What one step of the machine was.</summary>
public enum StepKind
{
    /// <summary>A program did its next step.</summary>
    Software,
    /// <summary>A device began an access that its own TLB or the IOTLB translated.</summary>
    Hit,
    /// <summary>A device began an access that has to be walked for.</summary>
    Miss,
    /// <summary>The IOMMU read the block's entry.</summary>
    ReadBlock,
    /// <summary>It read the page's entry.</summary>
    ReadLeaf,
    /// <summary>It wrote a mark that it had decided on before.</summary>
    Mark,
    /// <summary>It read the guest's entry.</summary>
    ReadGuest,
    /// <summary>It saw to it that the page of the guest's table is dirty in the second stage.</summary>
    MarkGuestTable,
    /// <summary>It set D in the guest's entry, which changes that page.</summary>
    MarkGuest,
    /// <summary>The guest cleared its own D and invalidated its own translations.</summary>
    Guest,
    /// <summary>A write's data landed in memory.</summary>
    Land,
    /// <summary>A command was executed.</summary>
    Execute,
    /// <summary>A cached translation was evicted.</summary>
    Evict,
    /// <summary>A late update of D became visible.</summary>
    Publish,
    /// <summary>An access faulted.</summary>
    Fault,
    /// <summary>All programs have ended.</summary>
    End,
}
