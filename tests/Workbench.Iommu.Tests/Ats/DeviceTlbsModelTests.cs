using CsCheck;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Xunit;

namespace Workbench.Iommu.Tests.Ats;

/// <summary>Devices with TLBs are lists: one of leaves for each space, one for the IOTLB, one for each device.</summary>
public sealed class DeviceTlbsModelTests
{
    private const ulong MiB = 1UL << 20;

    public enum Verb { Read, Write, Map, Unmap, Harvest, FlushIotlb, FlushDevice, FlushDevicePasid }

    public readonly record struct Step(Verb Verb, int Device, int Space, ulong Iova, ulong Physical, ulong Length, Permission Permission, PageResponse Answer, bool Maps);

    private static readonly RequesterId[] Devices = [RequesterId.Of(0, 1, 0), RequesterId.Of(7, 31, 7)];

    private static readonly Gen<Step> AnyStep =
        from verb in Gen.Frequency(
            (30, Gen.Const(Verb.Read)), (30, Gen.Const(Verb.Write)), (10, Gen.Const(Verb.Map)), (4, Gen.Const(Verb.Unmap)), (3, Gen.Const(Verb.Harvest)), (3, Gen.Const(Verb.FlushIotlb)), (3, Gen.Const(Verb.FlushDevice)), (3, Gen.Const(Verb.FlushDevicePasid)))
        from device in Gen.Int[0, 1]
        from space in Gen.Int[0, AtsRig.Spaces - 1]
        from iova in Gen.Select(Gen.OneOf(0UL, 2 * MiB, 4 * MiB), Gen.OneOf(Gen.ULong[0, 4], Gen.Const(511UL)), (place, page) => place + (page << 12))
        from physical in Gen.OneOf(Gen.ULong[0, 99].Select(n => n << 12), Gen.ULong[0, 9].Select(n => n << 21))
        from length in Gen.OneOf(Gen.ULong[1, 4].Select(n => n << 12), Gen.Const(2 * MiB))
        from permission in Gen.OneOf(Permission.ReadWrite, Permission.ReadWrite, Permission.Read, Permission.Write)
        from answer in Gen.OneOf(PageResponse.Success, PageResponse.Success, PageResponse.InvalidRequest, PageResponse.Failure)
        from maps in Gen.Bool
        select new Step(verb, device, space, iova, physical, length, permission, answer, maps);

    [Theory]
    [InlineData(BitKeeping.ByHardware)]
    [InlineData(BitKeeping.Ignored)]
    [InlineData(BitKeeping.Faults)]
    public void They_are_lists(BitKeeping keeps) =>
        Gen.Select(Gen.OneOf(1, 2, 4, 32), Gen.OneOf(1, 4, 32), Gen.Bool, Gen.Bool, AnyStep.Array[1, 150]).Sample((entries, ways, splits, asks, steps) => new Run(keeps, entries, ways, splits, asks).All(steps), iter: 120);

    private sealed class Run(BitKeeping keeps, int entries, int ways, bool splits, bool asks)
    {
        private readonly NaiveMappings[] mappings = [.. Enumerable.Range(0, AtsRig.Spaces).Select(_ => new NaiveMappings(48))];
        private readonly NaiveIotlb iotlb = new(new() { Sets = 1, Ways = ways });
        private readonly NaiveIotlb[] tlbs = [.. Devices.Select(_ => new NaiveIotlb(new() { Sets = 1, Ways = entries }))];
        private Action<ulong>? mapForReal;
        private Step now;
        private long hits, dropped, asked, requests;

        public void All(Step[] steps)
        {
            using AtsRig rig = new(entries, new() { Sets = 1, Ways = ways, SplitsLargePages = splits }, asks ? Ask : null) { Keeps = keeps };
            mapForReal = page => rig.Map(now.Space, page, 0x66_6000, 0x1000);
            foreach (Step step in steps)
            {
                now = step;
                One(rig, step);
            }
            Assert.Equal((hits, dropped, asked, requests), (rig.Devices.Counters.DeviceTlbHits, rig.Devices.Counters.DeviceTlbEntriesInvalidated, rig.Devices.Counters.PageRequests, rig.Devices.Counters.TranslationRequests));
            Assert.Empty(rig.Recorded);
        }

        private void One(AtsRig real, Step step)
        {
            ulong last = step.Iova + (step.Length - 1);
            switch (step.Verb)
            {
                case Verb.Read or Verb.Write:
                    Translation got = real.Access(Devices[step.Device], step.Space, step.Iova + 0x18, step.Verb == Verb.Write);
                    Assert.Equal(Access(step.Iova + 0x18, step.Verb == Verb.Write), (got.Fault, got.Physical, got.Source == TranslationSource.DeviceTlb, got.Swallowed));
                    break;
                case Verb.Map:
                    Assert.Equal(mappings[step.Space].Map(step.Iova, step.Physical, step.Length, step.Permission, 21), real.Map(step.Space, step.Iova, step.Physical, step.Length, step.Permission) == MapResult.Mapped);
                    break;
                case Verb.Unmap:
                    real.Tables[step.Space].Unmap(step.Iova, step.Length, null, new());
                    mappings[step.Space].Unmap(step.Iova, step.Length);
                    break;
                case Verb.Harvest:
                    Assert.Equal(mappings[step.Space].Scan(0, clear: true).Count, real.Harvest(step.Space));
                    iotlb.InvalidateOwner(AtsRig.TagOf(step.Space).Value);
                    break;
                case Verb.FlushIotlb:
                    real.FlushIotlb(step.Space, step.Iova, last);
                    iotlb.InvalidateRange(AtsRig.TagOf(step.Space).Value, step.Iova, last);
                    break;
                case Verb.FlushDevicePasid when step.Space > 0:
                    real.FlushDevice(Devices[step.Device], step.Space, step.Iova, last);
                    dropped += tlbs[step.Device].InvalidateRange((ulong)step.Space, step.Iova, last);
                    break;
                default:
                    real.FlushDevice(Devices[step.Device], null, step.Iova, last);
                    dropped += tlbs[step.Device].InvalidateRange(_ => true, step.Iova, last);
                    break;
            }
        }

        private (FaultKind Fault, ulong Physical, bool FromDevice, bool Swallowed) Access(ulong iova, bool isWrite)
        {
            Permission need = isWrite ? Permission.Write : Permission.Read;
            uint pasid = AtsRig.PasidOf(now.Space);
            if (tlbs[now.Device].Find(pasid, iova) is { } own && ((Permission)(own.Leaf & 3) & need) != 0)
            {
                hits++;
                bool swallowed = isWrite && keeps == BitKeeping.ByHardware && mappings[now.Space].Find(iova) is not { Dirty: true };
                return (FaultKind.None, (own.Leaf & ~0xFFFUL) + (iova % (1UL << own.PageLog2)), true, swallowed);
            }
            for (int attempt = 0; attempt < 2; attempt++)
            {
                requests++;
                if (Request(iova, isWrite) is { } granted && (granted.Permission & need) != 0)
                {
                    ulong start = granted.Physical - (granted.Physical % (1UL << granted.SizeLog2));
                    tlbs[now.Device].Fill(pasid, iova, granted.SizeLog2, IotlbEntry.LeafOf(start, granted.Permission, dirtyKnown: true));
                    return (FaultKind.None, granted.Physical, false, false);
                }
                if (attempt == 1 || !asks) break;
                asked++;
                if (now.Maps) mappings[now.Space].Map(iova & ~0xFFFUL, 0x66_6000, 0x1000, Permission.ReadWrite, 12);
                if (now.Answer != PageResponse.Success) break;
            }
            return (FaultKind.DeviceTranslationRefused, 0, false, false);
        }

        /// <summary>What software does with a page request, in the real table.</summary>
        private PageResponse Ask(PageRequest request)
        {
            Assert.Equal((Devices[now.Device], now.Iova, now.Verb == Verb.Write), (request.Device, request.Page.Value, request.ToWrite));
            if (now.Maps) mapForReal!(request.Page.Value);
            return now.Answer;
        }

        private (ulong Physical, int SizeLog2, Permission Permission)? Request(ulong iova, bool isWrite)
        {
            ulong owner = AtsRig.TagOf(now.Space).Value;
            (ulong Leaf, int PageLog2)? cached = iotlb.Find(owner, iova);
            if (cached is not { } entry || (isWrite && (entry.Leaf & IotlbEntry.DirtyKnown) == 0 && (entry.Leaf & IotlbEntry.MayWrite) != 0))
            {
                NaiveLeaf? leaf = mappings[now.Space].Find(iova);
                if (leaf is null || (keeps == BitKeeping.Faults && !leaf.Accessed))
                {
                    if (cached is not null) iotlb.InvalidateRange(owner, iova, iova);
                    return null;
                }
                if (keeps == BitKeeping.ByHardware)
                {
                    leaf.Accessed = true;
                    leaf.Dirty |= isWrite && (leaf.Permission & Permission.Write) != 0;
                }
                int size = splits ? 12 : leaf.SizeLog2;
                ulong page = splits ? (leaf.Physical + (iova - leaf.Start)) & ~0xFFFUL : leaf.Physical;
                entry = (IotlbEntry.LeafOf(page, leaf.Permission, keeps == BitKeeping.Ignored || leaf.Dirty), size);
                iotlb.Fill(owner, iova, entry.PageLog2, entry.Leaf);
            }
            Permission all = (Permission)(entry.Leaf & 3);
            return ((entry.Leaf & ~0xFFFUL) + (iova % (1UL << entry.PageLog2)), entry.PageLog2, (entry.Leaf & IotlbEntry.DirtyKnown) != 0 ? all : all & Permission.Read);
        }
    }
}
