using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.LeafChanges;

/// <summary>
/// Splits and collapses leaves of a domain that devices use meanwhile, as the part's rule asks. Enumerate to do it: each step has been done when it is
/// told (an invalidation is executed after), and DMA, maps and unmaps may happen between steps. Another changer of the same leaves may not, nor a scan that
/// clears: what it clears in new entries may still be written through the old one, as long as that is cached.
/// </summary>
public sealed class LeafChanger
{
    private readonly IIommuDriver driver;
    private readonly LeafChangeProtocol protocol;
    private LeafChangeCounts counts;

    /// <summary>A changer of the leaves of this machine's domains.</summary>
    public LeafChanger(IIommuDriver driver, LeafChangeProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(driver);
        ArgumentNullException.ThrowIfNull(protocol);
        (this.driver, this.protocol) = (driver, protocol);
    }

    /// <summary>What was done so far.</summary>
    public LeafChangeCounts Counts => counts;

    /// <summary>Told of each range (first and last byte) whose D an unsound step threw away, with the step's name; null if nobody asks.</summary>
    public Action<Domain, ulong, ulong, string>? Lost { get; set; }

    /// <summary>
    /// Splits the leaves that map these addresses into leaves of the largest size there is up to 2^<paramref name="targetLog2"/> bytes, with one invalidation for all of
    /// them (two where nT is used; one for each leaf where entries are broken first). What is not mapped, or small enough, stays as it is.
    /// </summary>
    public IEnumerable<LeafChangeStep> Split(Domain domain, IReadOnlyList<ulong> addresses, int targetLog2)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(addresses);
        return Change(domain, addresses, Math.Min(targetLog2, driver.LargestLeafLog2), isSplit: true);
    }

    /// <summary>
    /// Makes one leaf of each aligned region of 2^<paramref name="targetLog2"/> bytes (or the largest size there is up to that) around these addresses, where it can be one: all
    /// mapped, physically contiguous and aligned, of the same permission and attributes. Others are left alone and counted.
    /// </summary>
    public IEnumerable<LeafChangeStep> Collapse(Domain domain, IReadOnlyList<ulong> addresses, int targetLog2)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(addresses);
        return Change(domain, addresses, Math.Min(targetLog2, driver.LargestLeafLog2), isSplit: false);
    }

    private IEnumerable<LeafChangeStep> Change(Domain domain, IReadOnlyList<ulong> addresses, int targetLog2, bool isSplit)
    {
        LeafChangeRule rule = protocol.SkipBreak ? LeafChangeRule.AtOnce : driver.LeafChangeRule;
        if (rule != LeafChangeRule.BreakBeforeMake) return ChangeTogether(domain, addresses, targetLog2, isSplit, rule);
        // One leaf at a time, so that each is out for a short while only; several addresses may name one region to collapse.
        ulong inRegion = isSplit ? 0 : Bits.Mask(domain.Table.LargestLeafUpTo(targetLog2));
        return ChangeApart(domain, [.. addresses.Select(address => address & ~inRegion).Distinct()], targetLog2, isSplit, rule);
    }

    // An iterator rather than a query: what is under way must fit into a checkpoint.
    private IEnumerable<LeafChangeStep> ChangeApart(Domain domain, List<ulong> addresses, int targetLog2, bool isSplit, LeafChangeRule rule)
    {
        foreach (ulong address in addresses)
            foreach (LeafChangeStep step in ChangeTogether(domain, [address], targetLog2, isSplit, rule)) yield return step;
    }

    private IEnumerable<LeafChangeStep> ChangeTogether(Domain domain, IReadOnlyList<ulong> addresses, int targetLog2, bool isSplit, LeafChangeRule rule)
    {
        List<ILeafChange> changes = [];
        LeafChangeStep read = Read(domain, addresses, targetLog2, isSplit, changes);
        if (protocol.Flush == LeafFlush.Before && changes.Count > 0)
        {
            yield return new(LeafChangeStepKind.Invalidate, 0, 0);
            Invalidate(domain, changes);
        }
        yield return read;
        if (changes.Count == 0) yield break;
        if (isSplit) yield return Do(LeafChangeStepKind.Build, changes, static (ILeafChange change, ref LeafChangeCounts counts) => change.Build(ref counts));
        // A change of nothing but runs is done at once where nT is the rule. IHI 0070 §3.21.1.3 [S].
        bool breaks = rule == LeafChangeRule.BreakBeforeMake, marks = rule == LeafChangeRule.NonTranslating && changes.Exists(change => change.ChangesLevel);
        if (breaks)
        {
            // Updates that lag behind their writes would find no entry to go to.
            counts.Commands += driver.Fence();
            yield return Do(LeafChangeStepKind.Install, changes, static (ILeafChange change, ref LeafChangeCounts counts) => change.Break(ref counts));
        }
        else if (marks)
        {
            foreach (ILeafChange change in changes.Where(change => !isSplit && change.ChangesLevel)) change.MarkNonTranslating(ref counts);
            if (isSplit) yield return Do(LeafChangeStepKind.Install, changes.FindAll(change => change.ChangesLevel), static (ILeafChange change, ref LeafChangeCounts counts) => change.MarkNonTranslating(ref counts));
        }
        if (protocol.Flush == LeafFlush.After && (breaks || (marks && isSplit)))
        {
            yield return new(LeafChangeStepKind.Invalidate, 0, 0);
            Invalidate(domain, changes);
        }
        // D on its way when a block is replaced would mark one of its parts, while others were written through what is cached of the block already.
        if (isSplit && !breaks) counts.Commands += driver.Fence();
        yield return Do(LeafChangeStepKind.Install, changes, static (ILeafChange change, ref LeafChangeCounts counts) => change.Install(ref counts));
        if (protocol.Flush == LeafFlush.After && !breaks)
        {
            yield return new(LeafChangeStepKind.Invalidate, 0, 0);
            Invalidate(domain, changes);
        }
        if (marks && !isSplit)
        {
            yield return Do(LeafChangeStepKind.Install, changes, static (ILeafChange change, ref LeafChangeCounts counts) => change.ClearNonTranslating(ref counts));
            if (protocol.Flush == LeafFlush.After)
            {
                yield return new(LeafChangeStepKind.Invalidate, 0, 0);
                Invalidate(domain, changes);
            }
        }
        yield return Do(LeafChangeStepKind.Settle, changes, static (ILeafChange change, ref LeafChangeCounts counts) => change.Settle(ref counts));
    }

    private LeafChangeStep Read(Domain domain, IReadOnlyList<ulong> addresses, int targetLog2, bool isSplit, List<ILeafChange> changes)
    {
        LeafChangeCounts before = counts;
        Action<ulong, ulong, string> lost = (first, last, step) => Lost?.Invoke(domain, first, last, step);
        HashSet<ulong> begun = [];
        ulong inRegion = Bits.Mask(domain.Table.LargestLeafUpTo(targetLog2));
        foreach (ulong address in addresses)
        {
            // Several addresses may name one leaf to split, or one region to collapse.
            if (isSplit ? changes.Count > 0 && changes[^1].FirstByte <= address && changes[^1].LastByte >= address : !begun.Add(address & ~inRegion)) continue;
            ILeafChange? change = isSplit
                ? domain.Table.BeginSplit(address, targetLog2, protocol, lost, ref counts)
                : domain.Table.BeginCollapse(address, targetLog2, protocol, lost, ref counts);
            if (change is not null && (!isSplit || begun.Add(change.FirstByte))) changes.Add(change);
        }
        return StepSince(LeafChangeStepKind.Read, before);
    }

    private delegate void Part(ILeafChange change, ref LeafChangeCounts counts);

    private LeafChangeStep Do(LeafChangeStepKind kind, List<ILeafChange> changes, Part part)
    {
        LeafChangeCounts before = counts;
        foreach (ILeafChange change in changes) part(change, ref counts);
        return StepSince(kind, before);
    }

    private LeafChangeStep StepSince(LeafChangeStepKind kind, in LeafChangeCounts before) => new(kind,
        counts.EntriesRead - before.EntriesRead + (counts.EntriesWritten - before.EntriesWritten),
        counts.TablesAllocated - before.TablesAllocated + (counts.TablesFreed - before.TablesFreed));

    /// <summary>Paging-structure caches go too: a leaf became a table, or a table a leaf.</summary>
    private void Invalidate(Domain domain, List<ILeafChange> changes)
    {
        InvalidationGather gather = new() { TablesFreed = true };
        foreach (ILeafChange change in changes)
            if (!change.IsGivenUp) gather.Add(change.FirstByte, change.LastByte, change.SmallestOldLog2);
        if (gather.IsEmpty) return;
        counts.Invalidations++;
        counts.Commands += driver.Invalidate(domain, gather);
    }
}
