using CsCheck;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>
/// A guest that maps and unmaps while its device reads and writes, and a host that harvests: each harvest reports the pages written since the
/// last one, and the guest's tables in which hardware changed a word, and nothing else.
/// </summary>
public sealed class NestedModelTests
{
    private const ulong GuestPages = 16, GuestBase = 0x30_0000, Payload = 0x90_0000;
    private static readonly RequesterId Gpu = RequesterId.Of(0, 3, 0);

    public enum Verb { Write, Read, Map, Unmap, Harvest }

    // Addresses that share tables, and that do not.
    private static readonly Gen<ulong> Address = Gen.Select(Gen.OneOf(0UL, 0x20_0000UL, 0x4000_0000UL), Gen.ULong[0, 3], (place, page) => place + (page << 12));

    private static readonly Gen<(Verb Verb, ulong Iova, ulong Page)> Step = Gen.Select(
        Gen.Frequency((10, Gen.Const(Verb.Write)), (6, Gen.Const(Verb.Read)), (5, Gen.Const(Verb.Map)), (2, Gen.Const(Verb.Unmap)), (3, Gen.Const(Verb.Harvest))), Address, Gen.ULong[0, GuestPages - 1]);

    private static readonly Gen<IotlbGeometry> Geometry = Gen.Select(Gen.OneOf(1, 4), Gen.OneOf(1, 4, 16), Gen.Bool, (sets, ways, walkCaches) => new IotlbGeometry { Sets = sets, Ways = ways, WalkCaches = walkCaches });

    [Fact]
    public void A_harvest_reports_what_was_written_and_what_was_marked() =>
        Gen.Select(Geometry, Gen.OneOf(4, 5), Gen.OneOf(DriverProfile.All.ToArray()), Gen.OneOf(0, 0, 8), Step.Array[1, 80]).Sample((geometry, levels, profile, deviceTlb, steps) =>
        {
            using VtdMachine m = new(new() { Iotlb = geometry, Profile = profile, DeviceTlbEntries = deviceTlb }, tracking: true);
            m.Map(GuestBase, Payload, GuestPages << 12, largest: 12);
            VtdNestedDomain guest = new(m.Driver, m.Protocol, m.Domain, new(20), levels);
            guest.Attach(Gpu, null);
            Dictionary<ulong, ulong> mapped = [];
            SortedSet<ulong> expected = [];
            Tables tables = new(m.Memory, guest.Table);
            InvalidationGather gather = new();
            foreach ((Verb verb, ulong iova, ulong page) in steps)
            {
                tables.NoteChanges(expected);
                switch (verb)
                {
                    case Verb.Map:
                        if (mapped.TryAdd(iova, page)) Assert.Equal(MapResult.Mapped, guest.Map(iova, GuestBase + (page << 12), 0x1000));
                        break;
                    case Verb.Unmap:
                        if (!mapped.Remove(iova)) break;
                        guest.Table.Unmap(iova, 0x1000, null, new());
                        guest.Invalidate(iova, iova + 0xFFF, leafOnly: false);
                        break;
                    case Verb.Harvest:
                        Assert.Equal(expected, m.Scan(clear: true, gather).Select(r => r.FirstPage));
                        m.Driver.Invalidate(m.Domain, gather);
                        expected.Clear();
                        break;
                    default:
                        Translation got = m.Access(iova + 0x9A, verb == Verb.Write, Gpu);
                        if (!mapped.TryGetValue(iova, out ulong at)) Assert.NotEqual(FaultKind.None, got.Fault);
                        else
                        {
                            Assert.Equal((FaultKind.None, Payload + (at << 12) + 0x9A), (got.Fault, got.Physical));
                            if (verb == Verb.Write) expected.Add((GuestBase >> 12) + at);
                        }
                        continue; // what hardware changed is noted before the next step
                }
                tables.Remember();
            }
            tables.NoteChanges(expected);
            Assert.Equal(expected, m.Scan(clear: true, gather).Select(r => r.FirstPage));
        }, iter: 150);

    /// <summary>The words of a guest's tables as they were, to see which table hardware wrote to.</summary>
    private sealed class Tables
    {
        private readonly PhysicalMemory memory;
        private readonly IPageTable table;
        private readonly Dictionary<ulong, ulong[]> before = [];

        public Tables(PhysicalMemory memory, IPageTable table)
        {
            (this.memory, this.table) = (memory, table);
            Remember();
        }

        public void Remember()
        {
            before.Clear();
            Remember(table.Root.Value, table.RootLevel);
        }

        private void Remember(ulong at, int level)
        {
            ulong[] words = before[at] = WordsOf(at);
            if (level == 0) return;
            foreach (ulong entry in words.Where(w => X64Format.IsPresent(w, level))) Remember(X64Format.TableAddress(entry), level - 1);
        }

        private ulong[] WordsOf(ulong at) => [.. Enumerable.Range(0, 512).Select(i => memory.Word(new(at + (8UL * (uint)i))))];

        public void NoteChanges(SortedSet<ulong> pages)
        {
            foreach ((ulong at, ulong[] words) in before)
                if (!words.SequenceEqual(WordsOf(at))) pages.Add(at >> 12);
            Remember();
        }
    }
}
