using System.Runtime.CompilerServices;

namespace Workbench.Iommu.PageTables;

/// <summary>A test of entries that needs no branch, so that many are tested at once: an entry matches if its masked bits have a value.</summary>
/// <param name="Mask">The bits compared.</param>
/// <param name="Value">What they have to be.</param>
public readonly record struct EntryPattern(ulong Mask, ulong Value)
{
    /// <summary>Matches no entry.</summary>
    public static EntryPattern None => new(0, 1);

    /// <summary>Matches the entries that have all of these bits set.</summary>
    public static EntryPattern AllOf(ulong bits) => new(bits, bits);

    /// <summary>Does an entry match?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, nic1024: constants of a format then
    public bool Matches(ulong entry) => (entry & Mask) == Value;
}
