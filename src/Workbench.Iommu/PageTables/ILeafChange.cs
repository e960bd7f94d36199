using Workbench.Iommu.LeafChanges;

namespace Workbench.Iommu.PageTables;

/// <summary>
/// One split or collapse under way on a table; it was read when it began. Hardware may walk and set bits at any time; a map or unmap of the
/// range between two calls makes the change give up. Two changes of the same leaves must not be under way at once.
/// </summary>
public interface ILeafChange
{
    /// <summary>First byte of the range whose leaves change.</summary>
    ulong FirstByte { get; }
    /// <summary>Last byte of it.</summary>
    ulong LastByte { get; }
    /// <summary>Smallest old leaf as a power of two of bytes: what caches may hold.</summary>
    int SmallestOldLog2 { get; }
    /// <summary>Does more change than which entries of one table form a run? Only then a part may ask for care (IHI 0070 §3.21.1 [S]).</summary>
    bool ChangesLevel { get; }
    /// <summary>Was the range unmapped or remapped meanwhile, so that nothing is changed?</summary>
    bool IsGivenUp { get; }

    /// <summary>Writes the tables that are to be installed; nothing is visible yet.</summary>
    void Build(ref LeafChangeCounts counts);

    /// <summary>Marks the leaf's visible entries nT (a split), or sees to it that the new ones are installed so (a collapse).</summary>
    void MarkNonTranslating(ref LeafChangeCounts counts);

    /// <summary>Takes the visible entries out: DMA faults until <see cref="Install"/>.</summary>
    void Break(ref LeafChangeCounts counts);

    /// <summary>Makes the new leaves visible.</summary>
    void Install(ref LeafChangeCounts counts);

    /// <summary>Clears nT where <see cref="Install"/> left it set.</summary>
    void ClearNonTranslating(ref LeafChangeCounts counts);

    /// <summary>After completion of the invalidation: carries what hardware set in the old entries since they were read, and frees their tables.</summary>
    void Settle(ref LeafChangeCounts counts);
}
