using Workbench.Iommu;
using Workbench.Traces.Guest;

namespace Workbench.Traces.Join;

/// <summary>One map or unmap of the guest's kernel, on its way into a joined trace.</summary>
internal struct GuestStep
{
    public long GuestNs;
    public ulong Iova;
    public ulong Length;
    public ulong Physical;
    public long Line;
    public int ThreadId;
    public int Cpu;
    public RequesterId Device;
    public bool HasDevice;
    public bool IsMap;
    public DmaDirection Direction;
    /// <summary>What the recorder's page table showed for this mapping, once an access has gone through it.</summary>
    public Permission Observed;
    /// <summary>QEMU line of the invalidation that ended this mapping; 0 if none was found.</summary>
    public long InvalidationLine;
    /// <summary>Time of that invalidation on the QEMU log's clock.</summary>
    public long InvalidationNs;
    /// <summary>Time on the QEMU log's clock.</summary>
    public long AlignedNs;
}
