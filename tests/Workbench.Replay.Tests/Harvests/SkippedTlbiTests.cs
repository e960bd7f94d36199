using CsCheck;
using Workbench.Testing;
using Xunit;
using static Workbench.Replay.Tests.Small;

namespace Workbench.Replay.Tests.Harvests;

/// <summary>SMMUv3 as Linux 6.12 drives it: D is cleared and no TLBI follows.</summary>
public class SkippedTlbiTests
{
    private const int Pages = 24;
    private const long Every = 10_000;

    private static Experiment Quirk(string model, int entries) => InIova with
    {
        Iommu = model, Iotlb = $"1x{entries}", PageSize = "4K", Quirks = "linux-6.12", AtomicHarvest = true, HarvestEvery = $"{Every}ns",
    };

    private sealed record Access(int Page, bool IsWrite, long GapNs);

    // Some pages are hot: a third of the accesses go to the first three.
    private static readonly Gen<Access[]> Accesses = Gen.Select(Gen.OneOf(Gen.Int[0, 2], Gen.Int[0, Pages - 1], Gen.Int[0, Pages - 1]), Gen.Bool, Gen.OneOf(Gen.Long[0, 300], Gen.Long[0, 6000])).Select((page, write, gap) => new Access(page, write, gap)).Array[1, 120];

    private static TraceBuilder Trace(Access[] accesses)
    {
        TraceBuilder trace = new TraceBuilder().Attach(1).Map(0, Pages * Page);
        foreach (Access access in accesses)
            if (access.IsWrite) trace.After(access.GapNs).Write((ulong)access.Page * Page);
            else trace.After(access.GapNs).Read((ulong)access.Page * Page);
        return trace;
    }

    /// <summary>A dirty bit and a list of cached pages, most recently used last, each believed dirty or not.</summary>
    private static List<int> Lost(Access[] accesses, int entries)
    {
        HashSet<int> dirty = [], unreported = [];
        List<(int Page, bool BelievedDirty)> cached = [];
        long now = 0, harvest = Every;
        foreach (Access access in accesses)
        {
            for (now += access.GapNs; harvest <= now; harvest += Every) Report();
            int at = cached.FindIndex(c => c.Page == access.Page);
            bool believed = at >= 0 && cached[at].BelievedDirty;
            if (at >= 0) cached.RemoveAt(at);
            else if (cached.Count == entries) cached.RemoveAt(0);
            if (access.IsWrite)
            {
                unreported.Add(access.Page);
                if (!believed) dirty.Add(access.Page);
            }
            // A read keeps what an entry says, and takes D along when it brings one in.
            cached.Add((access.Page, access.IsWrite || believed || (at < 0 && dirty.Contains(access.Page))));
        }
        Report();
        return [.. unreported.Order()];

        void Report()
        {
            unreported.ExceptWith(dirty);
            dirty.Clear();
        }
    }

    [Theory]
    [InlineData("smmu")]
    [InlineData("smmu-s2")]
    public void Exactly_the_pages_written_last_through_an_entry_believed_dirty_are_lost(string model) => Gen.Select(Accesses, Gen.OneOf(1, 2, 4, 16, 16384)).Sample((accesses, entries) =>
    {
        ReplayResult result = Trace(accesses).RunAsItIs(Quirk(model, entries));
        Assert.Equal(Lost(accesses, entries), result.MissedPages.Select(m => (int)m.Page));
        Assert.All(result.MissedPages, m => Assert.Contains("Linux 6.12 issues no TLBI", m.Cause, StringComparison.Ordinal));
        Assert.Equal(0, Trace(accesses).RunAsItIs(Quirk(model, entries) with { Quirks = "fixed" }).Missed4K);
    }, iter: 150);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 0)]
    [InlineData(7, 0)]
    [InlineData(8, 8)]
    [InlineData(16384, 8)]
    public void Eight_pages_written_in_turn_are_lost_once_the_IOTLB_holds_them_all(int entries, long missed)
    {
        Access[] accesses = [.. Enumerable.Range(0, 80).Select(i => new Access(i % 8, IsWrite: true, 1000))];
        Assert.Equal(missed, Trace(accesses).RunAsItIs(Quirk("smmu", entries)).Missed4K);
    }

    [Fact]
    public void Other_parts_have_not_that_defect()
    {
        Access[] accesses = [.. Enumerable.Range(0, 80).Select(i => new Access(i % 8, IsWrite: true, 1000))];
        foreach (string model in (string[])["vtd", "amd", "riscv"]) Assert.Equal(0, Trace(accesses).RunAsItIs(Quirk(model, 16384) with { AddressBits = 48 }).Missed4K);
    }
}
