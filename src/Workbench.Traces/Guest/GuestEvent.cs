using Workbench.Iommu;

namespace Workbench.Traces.Guest;

/// <summary>What a guest kernel's trace point said.</summary>
public enum GuestEventKind : byte
{
    /// <summary>iommu:map.</summary>
    Map,
    /// <summary>iommu:unmap.</summary>
    Unmap,
    /// <summary>dma:dma_map_page, dma_map_phys, dma_map_resource, one piece of dma_map_sg, or dma_alloc (with <see cref="GuestEvent.IsCoherent"/>).</summary>
    DmaMap,
    /// <summary>dma:dma_unmap_page, dma_unmap_phys, dma_unmap_resource, or dma_free (with <see cref="GuestEvent.IsCoherent"/>).</summary>
    DmaUnmap,
    /// <summary>dma:dma_unmap_sg: physical addresses only, no IOVA; one event for each piece.</summary>
    DmaUnmapScatter,
    /// <summary>iommu:attach_device_to_domain.</summary>
    Attach,
    /// <summary>iommu:detach_device_from_domain.</summary>
    Detach,
    /// <summary>iommu:io_page_fault.</summary>
    PageFault,
    /// <summary>A text written to trace_marker.</summary>
    Mark,
}

/// <summary>What the DMA API allows a device to do with a buffer.</summary>
public enum DmaDirection : byte
{
    /// <summary>Not said.</summary>
    None,
    /// <summary>The device may read.</summary>
    ToDevice,
    /// <summary>The device may write.</summary>
    FromDevice,
    /// <summary>Both.</summary>
    Bidirectional,
}

/// <summary>One kernel trace event of the iommu or dma group, however it was recorded (ftrace text, trace-cmd, perf).</summary>
public readonly record struct GuestEvent
{
    /// <summary>Guest clock in nanoseconds (CLOCK_MONOTONIC where recorded so).</summary>
    public required long TimeNs { get; init; }
    /// <summary>What it says.</summary>
    public required GuestEventKind Kind { get; init; }
    /// <summary>The CPU it was recorded on.</summary>
    public int Cpu { get; init; }
    /// <summary>The thread it was recorded in (0 is the idle task).</summary>
    public int ThreadId { get; init; }
    /// <summary>The device, where the event names one.</summary>
    public RequesterId? Device { get; init; }
    /// <summary>First IOVA of the range.</summary>
    public ulong Iova { get; init; }
    /// <summary>Length in bytes (Unmap: what was really unmapped).</summary>
    public ulong Length { get; init; }
    /// <summary>Physical address, where the event has one.</summary>
    public ulong Physical { get; init; }
    /// <summary>dma events: the direction allowed.</summary>
    public DmaDirection Direction { get; init; }
    /// <summary>dma events: a coherent allocation or its release, open to the device throughout.</summary>
    public bool IsCoherent { get; init; }
    /// <summary>PageFault: the flags word as recorded.</summary>
    public uint FaultFlags { get; init; }
    /// <summary>Mark: the text.</summary>
    public string? Text { get; init; }
    /// <summary>The line (text) or record number (binary) in the source, from 1.</summary>
    public long Line { get; init; }
}
