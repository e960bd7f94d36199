namespace Workbench.Races.Reproduction;

/// <summary>What one step of a schedule is.</summary>
public enum ScheduleStepKind
{
    /// <summary>A program does its next statement (a wait may take two: it begins, and it is over).</summary>
    Software,
    /// <summary>A device begins an access, which the IOMMU translates at once.</summary>
    Access,
    /// <summary>A device asks for a translation (ATS) and keeps it.</summary>
    Request,
    /// <summary>The data of an access arrive in memory.</summary>
    Land,
    /// <summary>A submitted command is executed.</summary>
    Execute,
    /// <summary>Late updates of D become visible, as at a fence.</summary>
    Publish,
    /// <summary>A cached translation of a page is evicted.</summary>
    Evict,
    /// <summary>The cached pointer to the lower table is evicted.</summary>
    EvictTable,
    /// <summary>A device evicts its own translation of a page.</summary>
    EvictDevice,
}
