namespace Workbench.Traces;

/// <summary>What one trace event says. The values are part of the .dmat format.</summary>
public enum EventKind : byte
{
    /// <summary>Software maps IOVA..IOVA+Length to Physical with a permission.</summary>
    Map = 1,
    /// <summary>Software unmaps IOVA..IOVA+Length.</summary>
    Unmap = 2,
    /// <summary>The device reads memory.</summary>
    Read = 3,
    /// <summary>The device writes memory: what dirties pages.</summary>
    Write = 4,
    /// <summary>Software invalidates cached translations of IOVA..IOVA+Length in one domain.</summary>
    InvalidateRange = 5,
    /// <summary>Software invalidates every cached translation of one domain.</summary>
    InvalidateDomain = 6,
    /// <summary>Software invalidates every cached translation.</summary>
    InvalidateAll = 7,
    /// <summary>A text put into the trace by the one who recorded it.</summary>
    Mark = 8,
    /// <summary>A device starts to use a domain.</summary>
    Attach = 9,
    /// <summary>What the recorder's own IOMMU did for one access: an observation to check models against, not an access.</summary>
    Translate = 10,
}
