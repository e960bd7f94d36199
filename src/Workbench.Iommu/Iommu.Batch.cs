using System.Runtime.CompilerServices;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>Many accesses at once: the path that replays live on.</summary>
public sealed partial class Iommu<TIotlb>
{
    /// <summary>Accesses that are looked ahead at once: longer, and what was fetched first is gone when it is needed.</summary>
    private const int Ahead = 16;

    private long missesBefore;
    // Of the last page that a walk found.
    private int usualLog2;

    /// <inheritdoc/>
    public int TranslateBatch<TAccess, TSink>(ReadOnlySpan<TAccess> accesses, ref TSink sink)
        where TAccess : struct, IDmaAccess
        where TSink : struct, IAccessSink<TAccess>, allows ref struct
    {
        unchecked
        {
            bool begun = false;
            for (int i = 0; i < accesses.Length; i++)
            {
                if ((i & (Ahead - 1)) == 0) LookAhead(accesses[i..], ref sink);
                ref readonly TAccess access = ref accesses[i];
                if (!sink.Takes(access)) return i;
                if (!begun || current is null || access.Device != currentDevice || access.PasidOrNone != currentPasid)
                {
                    sink.Begins(access);
                    // Who has no context leaves the last one current, and the sink has heard of another requester since.
                    begun = Switch<TAccess, TSink>(access, ref sink);
                    if (!begun) continue;
                }
                TranslationContext context = current!;
                ulong iova = access.Iova;
                ref IotlbEntry entry = ref iotlb.Find(context.Tag.Value, iova);
                if (Unsafe.IsNullRef(ref entry)) counters.IotlbMisses++;
                else
                {
                    ulong need = access.IsWrite ? IotlbEntry.WriteReady : IotlbEntry.MayRead;
                    if ((entry.Leaf & need) == need)
                    {
                        counters.IotlbHits++;
                        ulong size = 1UL << entry.PageLog2;
                        if (access.Length <= size - (iova & (size - 1)) && !Diagnose) sink.Done(access);
                        else HitInPart(context, access, entry, ref sink);
                        continue;
                    }
                    counters.DirtyRewalks++;
                }
                Miss(context, access, Unsafe.IsNullRef(ref entry) ? TranslationSource.Walk : TranslationSource.Rewalk, ref sink);
            }
            return accesses.Length;
        }
    }

    /// <summary>Once more than an eighth of the last accesses missed, fetches what the next ones will walk to, so that the reads overlap.</summary>
    private void LookAhead<TAccess, TSink>(ReadOnlySpan<TAccess> accesses, ref TSink sink)
        where TAccess : struct, IDmaAccess
        where TSink : struct, IAccessSink<TAccess>, allows ref struct
    {
        long misses = counters.IotlbMisses - missesBefore;
        missesBefore = counters.IotlbMisses;
        if (misses <= Ahead / 8 || current is not { } now || !now.Walker.Prefetch(now, [])) return;
        if (accesses.Length > Ahead) accesses = accesses[..Ahead];
        Span<ulong> iovas = stackalloc ulong[Ahead];
        for (int i = 0; i < accesses.Length;)
        {
            ref readonly TAccess first = ref accesses[i];
            int count = 0;
            while (i + count < accesses.Length && accesses[i + count].Device == first.Device && accesses[i + count].PasidOrNone == first.PasidOrNone)
            {
                iovas[count] = accesses[i + count].Iova;
                count++;
            }
            if (contexts.Find(first.Device, first.PasidOrNone) is { IsPassThrough: false } context)
            {
                if (!context.Walker.Prefetch(context, iovas[..count])) return;
                for (int j = i; j < i + count; j++) sink.Prefetch(accesses[j]);
            }
            i += count;
        }
    }

    /// <summary>The context of the next accesses; false, and the sink told, if there is none.</summary>
    private bool Switch<TAccess, TSink>(in TAccess access, ref TSink sink)
        where TAccess : struct, IDmaAccess
        where TSink : struct, IAccessSink<TAccess>, allows ref struct
    {
        if (current is not null && access.Device == currentDevice && access.PasidOrNone == currentPasid) return true;
        if (SwitchTo(new(access.Device, access.Iova, access.IsWrite, access.PasidOrNone), out Translation fault)) return true;
        sink.Began(access, fault);
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // as Miss
    private void HitInPart<TAccess, TSink>(TranslationContext context, in TAccess access, in IotlbEntry entry, ref TSink sink)
        where TAccess : struct, IDmaAccess
        where TSink : struct, IAccessSink<TAccess>, allows ref struct
    {
        Translation first = default;
        first.Physical = entry.PhysicalBase | (access.Iova & Bits.Mask(entry.PageLog2));
        first.PageLog2 = (byte)entry.PageLog2;
        first.Swallowed = Diagnose && access.IsWrite && context.Walker.Swallows(context, access.Iova);
        sink.Began(access, first);
    }

    // Apart from the loop, which keeps its registers for hits.
    [MethodImpl(MethodImplOptions.NoInlining)] // Workloads benchmark, seq2m and nic1024
    private void Miss<TAccess, TSink>(TranslationContext context, in TAccess access, TranslationSource source, ref TSink sink)
        where TAccess : struct, IDmaAccess
        where TSink : struct, IAccessSink<TAccess>, allows ref struct
    {
        unchecked
        {
            ulong iova = access.Iova;
            ulong leaf = context.Walker.WalkToPage(context, iova, access.IsWrite ? AccessKind.Write : AccessKind.Read, ref counters);
            // Known to the processor before the leaf is, as long as it guesses right that pages are of one size: where the entry goes, the next look-ups wait for.
            if (IotlbEntry.LeafLog2Of(leaf) != usualLog2) usualLog2 = IotlbEntry.LeafLog2Of(leaf);
            int log2 = usualLog2;
            ulong size = 1UL << log2;
            if (leaf == 0 || log2 > largestEntryLog2 || access.Length > size - (iova & (size - 1)))
            {
                MissInPart(context, access, leaf, source, ref sink);
                return;
            }
            if (dropped is not null && source == TranslationSource.Walk && dropped.Take(context.Tag.Value, iova)) counters.Refills++;
            iotlb.Fill(context.Tag.Value, iova, log2, leaf, mayHold: source == TranslationSource.Rewalk);
            sink.Done(access);
        }
    }

    /// <summary>What came of a walk that is not as most are, or of an access that is not.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)] // as Miss
    private void MissInPart<TAccess, TSink>(TranslationContext context, in TAccess access, ulong leaf, TranslationSource source, ref TSink sink)
        where TAccess : struct, IDmaAccess
        where TSink : struct, IAccessSink<TAccess>, allows ref struct
    {
        FaultKind fault = FaultKind.None;
        WalkResult page = new(leaf, IotlbEntry.LeafLog2Of(leaf));
        if (leaf == 0)
        {
            if (context.Walker.Outcome is { } outcome) (fault, page) = outcome;
            else fault = context.Walker.Walk(context, access.Iova, access.IsWrite ? AccessKind.Write : AccessKind.Read, ref counters, out page);
        }
        fault = Walked(context, access.Iova, fault, source, ref page);
        if (fault == FaultKind.None && access.Length <= unchecked((1UL << page.PageLog2) - (access.Iova & ((1UL << page.PageLog2) - 1)))) sink.Done(access);
        else WalkedInPart(context, access, fault, source, page, ref sink);
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // as Miss
    private void WalkedInPart<TAccess, TSink>(TranslationContext context, in TAccess access, FaultKind fault, TranslationSource source, in WalkResult page, ref TSink sink)
        where TAccess : struct, IDmaAccess
        where TSink : struct, IAccessSink<TAccess>, allows ref struct
    {
        Translation first = default;
        if (fault != FaultKind.None) Record(context, new(access.Device, access.Iova, access.IsWrite, access.PasidOrNone), fault, source, out first);
        else
        {
            first.Physical = page.PhysicalOf(access.Iova);
            first.PageLog2 = (byte)page.PageLog2;
            first.Source = source;
        }
        sink.Began(access, first);
    }
}
