using Workbench.Iommu;
using Workbench.Iommu.PageTables;

namespace Workbench.Races.Model;

/// <summary>The guest's leaf in the format of the first stage.</summary>
internal interface IGuestWords
{
    /// <summary>The leaf as the guest maps its page: writable, accessed, clean.</summary>
    ulong Clean { get; }

    /// <summary>The leaf after a write.</summary>
    ulong Dirty { get; }
}

/// <summary>One first-stage format.</summary>
internal sealed class GuestWords<TGuest> : IGuestWords
    where TGuest : struct, IDirtyTrackingFormat
{
    private const ulong GuestMemory = 1UL << 21;

    public ulong Clean { get; } = TGuest.MarkAccessed(TGuest.EncodeLeaf(GuestMemory, 0, TGuest.Shift(0), Permission.ReadWrite));

    public ulong Dirty { get; } = TGuest.MarkDirty(TGuest.EncodeLeaf(GuestMemory, 0, TGuest.Shift(0), Permission.ReadWrite));
}
