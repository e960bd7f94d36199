using Workbench.Iommu;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Faults;
using Workbench.Traces;

namespace Workbench.Replay.Curves;

/// <summary>What becomes of an access: the hot path.</summary>
internal sealed partial class CurveReplay
{
    // What the engine says while it translates.
    private bool hasLooked;
    private ulong lookedOwner;
    private int filledLog2;
    private Permission filledPermission;

    /// <inheritdoc/>
    public void Looked(ulong owner, ulong iova) => (hasLooked, lookedOwner) = (true, owner);

    /// <inheritdoc/>
    public void Filled(ulong owner, ulong iova, int pageLog2, ulong leaf) => (filledLog2, filledPermission) = (pageLog2, (Permission)(leaf & (IotlbEntry.MayRead | IotlbEntry.MayWrite)));

    /// <inheritdoc/>
    public void Invalidated(TagMatch owners, ulong firstByte, ulong lastByte, ulong leafSizes)
    {
        keys.Drop(owners, firstByte, lastByte, leafSizes, feed);
        lastKey = 0;
    }

    private static uint PasidOf(in TraceEvent e) => e.PasidOrNone == 0 ? TraceEvent.NoPasid : e.PasidOrNone;

    private void Access(in TraceEvent e)
    {
        Accesses++;
        TraceLimits.CheckLength(e);
        if (e.Iova > ulong.MaxValue - TraceLimits.LongestAccess) TraceLimits.CheckRange(e);
        bool isWrite = e.Kind == EventKind.Write;
        CurveContext? used = context;
        if (used is null || e.Device != contextDevice || e.PasidOrNone != contextPasid) used = null;
        if (view == View.Iova) Transfer(e, used ?? ContextOf(e), e.Iova, e.Length, isWrite);
        else TransferGuestPhysical(e, used, isWrite);
    }

    /// <summary>The access as the device of the gpa view makes it: one piece for each physically contiguous run.</summary>
    private void TransferGuestPhysical(in TraceEvent e, CurveContext? used, bool isWrite)
    {
        if ((e.Flags & Interrupt) != 0) return;
        ulong iova = e.Iova, left = e.Length;
        while (left > 0)
        {
            if (!recorded.TryFind(e, iova, left, out ulong gpa, out ulong inside))
            {
                UnmappedAccesses++;
                return;
            }
            used ??= ContextOf(e);
            if (memory.Ensure(used.Oracle, gpa, inside)) version++;
            Transfer(e, used, gpa, inside, isWrite);
            iova = unchecked(iova + inside);
            left -= inside;
        }
    }

    /// <summary>What is remembered of the event's device; the first time it gets its domain, as in a replay.</summary>
    private CurveContext ContextOf(in TraceEvent e)
    {
        uint pasid = PasidOf(e);
        if (!contexts.TryGetValue((e.Device, pasid), out CurveContext? found))
        {
            DomainOracle oracle = view == View.Gpa ? machine.SharedBy(e.Device, pasid) : machine.OracleOf(e.Device, pasid);
            if (!runsOf.TryGetValue(oracle, out LeafRuns? runs)) runsOf[oracle] = runs = new(runsOf.Count);
            contexts[(e.Device, pasid)] = found = new(oracle, runs);
            // An attachment may have come with it, and changed entries of the same device.
            epoch++;
            version++;
        }
        (context, contextDevice, contextPasid) = (found, e.Device, e.PasidOrNone);
        if (view == View.Gpa && !isGuestMapped)
        {
            isGuestMapped = true;
            notes.Add(memory.Map(found.Oracle));
            foreach (TraceMemoryRange range in source.Provenance.GuestMemory) Learn(found, range.Start, range.Length);
        }
        return found;
    }

    /// <summary>One translation for each leaf the range touches.</summary>
    private void Transfer(in TraceEvent e, CurveContext used, ulong iova, ulong left, bool isWrite)
    {
        unchecked
        {
            while (true)
            {
                int log2;
                if (used.Version == version && iova - used.RunFirst <= used.RunSpan)
                {
                    log2 = used.RunLog2;
                    Use(used.RunBase | (iova >> log2));
                }
                else log2 = Look(used, e, iova, isWrite);
                // What faults is as long as the smallest page.
                ulong size = 1UL << log2, toEnd = size - (iova & (size - 1));
                if (left <= toEnd) return;
                left -= toEnd;
                iova += toEnd;
            }
        }
    }

    private void Use(ulong key)
    {
        unchecked
        {
            Translations++;
            if (key == lastKey)
            {
                Repeats++;
                return;
            }
            lastKey = key;
            feed.Reference(key);
        }
    }

    /// <summary>A translation of a page that the context does not have at hand; the size of the page, or of the smallest one if it faults.</summary>
    private int Look(CurveContext used, in TraceEvent e, ulong iova, bool isWrite)
    {
        // Turning tracking on drops what was written before from caches, so until then every write goes to the tables.
        if (measuring && used.IsKnownAt(epoch))
        {
            if (used.Runs.TryFind(iova, out LeafRun run))
            {
                used.Use(run, keys, version);
                Use(used.RunBase | (iova >> run.LeafLog2));
                return run.LeafLog2;
            }
            int log2 = known.LeafLog2Of(used.Runs.Number, iova, isWrite);
            if (log2 != 0)
            {
                Use(used.BaseOf(log2, keys) | (iova >> log2));
                return log2;
            }
        }
        return Ask(used, e, iova, isWrite);
    }

    /// <summary>Lets the machine translate, without an IOTLB: what the tables say now.</summary>
    private int Ask(CurveContext used, in TraceEvent e, ulong iova, bool isWrite)
    {
        (hasLooked, filledLog2) = (false, 0);
        hardware.Translate(new(e.Device, iova, isWrite, PasidOf(e)), out Translation translation);
        if (translation.Fault != FaultKind.None) Faults++;
        // A device without a context never comes to the IOTLB.
        if (!hasLooked) return 12;
        used.SetOwner(lookedOwner, epoch);
        ulong key = 0;
        int log2 = 12;
        bool isRefused = false;
        if (translation.Fault == FaultKind.None)
        {
            log2 = filledLog2;
            key = used.BaseOf(log2, keys) | (iova >> log2);
        }
        else isRefused = used.Oracle.Domain.Table.TryGetLeaf(iova, out _, out int refusedLog2) && (key = used.BaseOf(refusedLog2, keys) | (iova >> refusedLog2)) != 0;
        ulong inside = (1UL << log2) - 1;
        if (machine.HasDeferred && machine.OverlapsDeferred(used.Oracle, iova & ~inside, iova | inside))
        {
            Translations++;
            lastKey = 0;
            feed.Suspect(isRefused ? 0 : key, keys.CandidatesAt(lookedOwner, iova));
        }
        else if (translation.Fault == FaultKind.None)
        {
            known.Add(used.Runs.Number, iova, log2, filledPermission);
            Use(key);
        }
        else
        {
            Translations++;
            if (isRefused)
            {
                lastKey = 0;
                feed.Refuse(key);
            }
            else Unfed++;
        }
        return log2;
    }
}
