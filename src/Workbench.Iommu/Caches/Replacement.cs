namespace Workbench.Iommu.Caches;

/// <summary>Which entry a full set gives up.</summary>
public enum Replacement : byte
{
    /// <summary>The least recently used.</summary>
    Lru,
    /// <summary>The one filled first.</summary>
    Fifo,
    /// <summary>Each way in turn.</summary>
    RoundRobin,
    /// <summary>Any, by a generator seeded in the geometry.</summary>
    Random,
    /// <summary>All of them: a full cache is emptied, as QEMU does.</summary>
    FlushWhenFull,
}
