namespace Workbench.Iommu.PageTables;

/// <summary>
/// Dirty updates that the architecture lets become visible after the write that caused them (Arm DDI 0487, D8.5.3: an update is not ordered
/// against its own store). Software sees them at the next fence, or when newer ones push them out.
/// </summary>
internal sealed unsafe class LaggingUpdates<TFormat>
    where TFormat : struct, IDirtyTrackingFormat
{
    /// <summary>Updates on the way at once; a part's real number is not published.</summary>
    public const int Most = 64;

    private readonly (nint Slot, int Level, ulong Walked)[] waiting = new (nint, int, ulong)[Most];
    private int first;
    private int count;

    /// <summary>Remembers that a walked entry is to become dirty.</summary>
    public void Add(ulong* slot, int level, ulong walked, ref IommuCounters counters)
    {
        if (count == Most) ApplyOldest(ref counters);
        waiting[(first + count++) % Most] = ((nint)slot, level, walked);
    }

    /// <summary>Makes all visible.</summary>
    public void Apply(ref IommuCounters counters)
    {
        while (count > 0) ApplyOldest(ref counters);
    }

    private void ApplyOldest(ref IommuCounters counters)
    {
        (nint at, int level, ulong walked) = waiting[first];
        (first, count) = ((first + 1) % Most, count - 1);
        ulong* slot = (ulong*)at;
        while (true)
        {
            // Software may have unmapped or changed the entry meanwhile: only the leaf that was walked becomes dirty, and only while it may be written.
            ulong entry = Volatile.Read(ref *slot);
            if (!TFormat.IsPresent(entry, level) || !TFormat.IsLeaf(entry, level) || TFormat.LeafAddress(entry, level) != TFormat.LeafAddress(walked, level)) return;
            if ((TFormat.PermissionOf(entry, level, hardwareKeepsDirty: true) & Permission.Write) == 0) return;
            ulong updated = TFormat.MarkDirty(entry);
            if (updated == entry) return;
            if (Interlocked.CompareExchange(ref *slot, updated, entry) != entry) continue;
            if (!TFormat.IsAccessed(entry)) counters.AccessedUpdates++;
            if (!TFormat.IsDirty(entry)) counters.DirtyUpdates++;
            return;
        }
    }
}
