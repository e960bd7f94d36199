using System.Runtime.CompilerServices;
using Workbench.Iommu;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Replay.Software;
using Workbench.Traces;

namespace Workbench.Replay;

/// <summary>What becomes of an access: the hot path.</summary>
public sealed partial class Replayer
{
    /// <summary>PASID 0 is the address space of requests without PASID: not every vendor lets a device name it.</summary>
    private static uint PasidOf(in TraceEvent e) => e.PasidOrNone == 0 ? TraceEvent.NoPasid : e.PasidOrNone;

    /// <summary>Counts the bytes of an access, and refuses one that no device makes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, seq2m: one for each event
    private void Count(in TraceEvent e)
    {
        unchecked
        {
            TraceLimits.CheckLength(e);
            bool isWrite = e.Kind == EventKind.Write;
            if ((e.Flags & NoPayload) == 0)
            {
                if (isWrite) harvester.BytesWritten += e.Length;
                else harvester.BytesRead += e.Length;
            }
            else if ((e.Flags & EventFlags.Ring) != 0)
            {
                if (isWrite) ringBytesWritten += e.Length;
                else ringBytesRead += e.Length;
            }
        }
    }

    /// <summary>What becomes of the accesses of the iova view, told by the IOMMU as it translates them.</summary>
    private readonly struct AccessSink(Replayer replayer, SoftwareClock clock) : IAccessSink<TraceEvent>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)] // as Count
        public bool Takes(in TraceEvent access) => access.IsAccess && access.TimeNs < clock.NextNs;

        public void Begins(in TraceEvent access) => replayer.OracleOf(access);

        [MethodImpl(MethodImplOptions.AggressiveInlining)] // as Count
        public void Done(in TraceEvent access)
        {
            replayer.Count(access);
            if (access.Kind == EventKind.Write) replayer.Wrote(access, replayer.oracle!, access.Iova, access.Length, swallowed: false);
        }

        public void Began(in TraceEvent access, in Translation first)
        {
            if (access.Iova > ulong.MaxValue - TraceLimits.LongestAccess) TraceLimits.CheckRange(access);
            replayer.Count(access);
            replayer.Transfer(access, replayer.oracle!, access.Iova, access.Length, first);
        }

        public void Prefetch(in TraceEvent access)
        {
            if (access.Kind != EventKind.Write || replayer.machine.Find(access.Device, PasidOf(access)) is not { } oracle) return;
            ((access.Flags & NoPayload) == 0 ? oracle.DataWritten : oracle.RingWritten).Prefetch(access.Iova >> 12);
        }
    }

    /// <summary>The access as the device of the gpa view makes it: one piece for each physically contiguous run.</summary>
    private void TransferGuestPhysical(in TraceEvent e)
    {
        accesses++;
        if (e.Iova > ulong.MaxValue - TraceLimits.LongestAccess) TraceLimits.CheckRange(e);
        Count(e);
        if ((e.Flags & EventFlags.Interrupt) != 0)
        {
            interruptWrites++;
            return;
        }
        ulong iova = e.Iova, left = e.Length;
        while (left > 0)
        {
            if (!recorded.TryFind(e, iova, left, out ulong gpa, out ulong inside))
            {
                unmappedAccesses++;
                return;
            }
            DomainOracle guest = OracleOf(e);
            if (memory.Ensure(guest, gpa, inside)) MemoryAppeared(guest, e.TimeNs);
            hardware.Translate(new(e.Device, gpa, e.Kind == EventKind.Write, PasidOf(e)), out Translation answer);
            Transfer(e, guest, gpa, inside, answer);
            iova = unchecked(iova + inside);
            left -= inside;
        }
    }

    /// <summary>The domain of the access's device; remembered, since devices come in bursts.</summary>
    private DomainOracle OracleOf(in TraceEvent e)
    {
        uint pasid = PasidOf(e);
        if (oracle is { } same && e.Device == oracleDevice && pasid == oraclePasid) return same;
        eventNs = e.TimeNs;
        DomainOracle used = view == View.Gpa ? machine.SharedBy(e.Device, pasid) : machine.OracleOf(e.Device, pasid);
        (oracle, oracleDevice, oraclePasid) = (used, e.Device, pasid);
        if (view == View.Gpa && !isGuestMapped)
        {
            isGuestMapped = true;
            notes.Add(memory.Map(used));
            MemoryAppeared(used, e.TimeNs);
        }
        return used;
    }

    /// <summary>Memory that was there before tracking began has become known: policies plan for it before the access that made it known.</summary>
    private void MemoryAppeared(DomainOracle guest, long nowNs)
    {
        if (!measuring) return;
        leafWork.TrackingBegins(guest, [], nowNs);
        clock.AdvanceTo(nowNs);
    }

    /// <summary>One translation for each leaf the range touches, the first of them made already; the truth is what reached memory.</summary>
    private void Transfer(in TraceEvent e, DomainOracle truth, ulong iova, ulong left, Translation translation)
    {
        bool isWrite = e.Kind == EventKind.Write;
        unchecked
        {
            while (true)
            {
                if (handlesFaults && translation.Fault != FaultKind.None) tracker.Resolve(truth, new(e.Device, iova, isWrite, PasidOf(e)), ref translation);
                ulong toEnd = translation.Fault == FaultKind.None ? (1UL << translation.PageLog2) - (iova & ((1UL << translation.PageLog2) - 1)) : 4096 - (iova & 4095);
                ulong inside = left < toEnd ? left : toEnd;
                if (isWrite && translation.Fault == FaultKind.None) Wrote(e, truth, iova, inside, translation.Swallowed);
                if (left == inside) return;
                left -= inside;
                iova += inside;
                hardware.Translate(new(e.Device, iova, isWrite, PasidOf(e)), out translation);
            }
        }
    }

    /// <summary>A write that reached memory, within one leaf.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // as Count
    private void Wrote(in TraceEvent e, DomainOracle truth, ulong iova, ulong bytes, bool swallowed)
    {
        unchecked
        {
            ulong page = iova >> 12, last = (iova + bytes - 1) >> 12;
            PageSet written = (e.Flags & NoPayload) == 0 ? truth.DataWritten : truth.RingWritten;
            written.Add(page);
            while (page < last) written.Add(++page);
            if (seesWrites && !tracker.Wrote(truth, iova >> 12, last)) losses.Swallowed(e, truth, iova, last);
            if (swallowed) losses.Swallowed(e, truth, iova, last);
        }
    }

    private static void CheckTimes(long firstNs, long lastNs)
    {
        if (firstNs < -LatestNs || lastNs > LatestNs)
            throw new TraceFormatException($"The trace has events at times {firstNs} to {lastNs} ns: 2^62 ns (146 years) to either side of its origin leave no time for harvests. Check the source's clock.");
    }
}
