using CsCheck;
using Workbench.Iommu;
using Workbench.Testing;
using Workbench.Traces;

namespace Workbench.Replay.Tests.Models;

/// <summary>Random small traces over few addresses, devices and domains, so that everything meets everything; and random experiments.</summary>
internal static class SmallTraces
{
    public sealed record Step(int Verb, int Where, int Size, int Who, int Detail, long GapNs);

    private const ulong Page = 4096, Large = 1UL << 21, Huge = 1UL << 30;

    // Corners of tables of every level: the first leaf of all, the last of one table, the first of the next.
    private static readonly ulong[] Places = [0, Page, 2 * Page, Large - Page, Large, Large + Page, 2 * Large, Huge - Page, Huge, Huge + Large];
    private static readonly ulong[] Sizes = [Page, Page, 2 * Page, 3 * Page, Large, Large + Page, 2 * Large, Huge];
    private static readonly ulong[] Lengths = [1, 64, 1500, Page, Page + 1, 2 * Page, Large, Large + 64];
    private static readonly ulong[] Offsets = [0, 8, 2048, 4095];
    private static readonly RequesterId[] Devices = [RequesterId.Of(0, 1, 0), RequesterId.Of(0, 1, 0), RequesterId.Of(0, 2, 0), RequesterId.Of(3, 0, 1)];
    private static readonly uint[] Pasids = [TraceEvent.NoPasid, TraceEvent.NoPasid, TraceEvent.NoPasid, 1, 1 + (1 << 15)];
    private static readonly Permission[] Permissions = [Permission.ReadWrite, Permission.ReadWrite, Permission.ReadWrite, Permission.Read, Permission.Write];

    // Their domains belong to whole devices; a PASID is refused.
    private static readonly string[] WithoutPasids = ["amd", "smmu-s2", "riscv-g"];

    private static readonly Gen<long> Gap = Gen.OneOf(Gen.Const(0L), Gen.Long[0, 4], Gen.Long[0, 40], Gen.OneOf(5L, 15, 20, 250, 1000, 2560, 7680), Gen.Long[0, 3000], Gen.Long[0, 20_000]);

    private static readonly Gen<Step> AnyStep = Gen.Select(Gen.Int[0, 23], Gen.Int[0, Places.Length - 1], Gen.Int[0, 7], Gen.Int[0, 19], Gen.Int[0, 19], Gap)
        .Select((verb, where, size, who, detail, gap) => new Step(verb, where, size, who, detail, gap));

    public static readonly Gen<Step[]> Steps = AnyStep.Array[0, 45];

    /// <summary>Geometries that the reference can do exactly.</summary>
    public static readonly Gen<string> ExactIotlb = Gen.OneOf("1x1", "1x2:fifo", "1x3:flush-when-full", "2x1:fifo", "4x2:round-robin", "2x2", "assumed-64", "qemu-vtd", "1x64");

    /// <summary>All sorts, for properties that need no reference.</summary>
    public static readonly Gen<string> AnyIotlb = Gen.OneOf("1x1", "1x2:random:modulo:7", "1x3:flush-when-full", "1x4:round-robin", "2x1:fifo:hash", "4x2:random:hash", "assumed-64", "haswell-128", "qemu-vtd");

    public static Gen<Experiment> Experiments(Gen<string> iotlb) =>
        from geometry in iotlb
        from view in Gen.OneOf(View.Iova, View.Iova, View.Gpa)
        from pageSize in Gen.OneOf("4K", "2M", "1G", "as-mapped")
        from flush in Gen.OneOf(FlushStrategy.After, FlushStrategy.None, FlushStrategy.Before, FlushStrategy.PerRun, FlushStrategy.PerPage, FlushStrategy.Domain)
        from atomic in Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true)))
        from every in Gen.OneOf("0", "3us", "9us", "40us")
        from scan in Gen.OneOf(5, 5, 0, 1, 300)
        from clear in Gen.OneOf(15, 0, 60)
        from invalidate in Gen.OneOf(1000, 0, 1, 5000)
        from strict in Gen.OneOf(InvalidationSource.Recorded, InvalidationSource.Recorded, InvalidationSource.Strict)
        from bits in Gen.OneOf(39, 39, 48)
        from mark in Gen.Frequency((3, Gen.Const(() => (string?)null)), (1, Gen.Const(() => (string?)"begin")))
        select new Experiment
        {
            Iotlb = geometry, View = view, PageSize = pageSize, Flush = flush, AtomicHarvest = atomic, HarvestEvery = every, AddressBits = bits, Invalidations = strict, FromMark = mark,
            Costs = new() { ScanNs = scan, ClearNs = clear, InvalidateNs = invalidate },
        };

    /// <summary>Any trace: it may contradict itself, forget invalidations, write where nothing is mapped.</summary>
    public static ListTrace Unruly(Step[] steps, Experiment experiment)
    {
        TraceBuilder trace = new();
        // 2 MiB pages and more: an unknown guest would need 2^18 small leaves for each GiB touched.
        if (experiment.PageSize is "4K" or "as-mapped") trace.WithGuestMemory((0, 4 * Large), (Huge - Large, 2 * Large));
        int half = steps.Length / 2;
        for (int i = 0; i <= steps.Length; i++)
        {
            if (i == half) trace.Mark("begin");
            if (i < steps.Length) Append(trace, steps[i], experiment);
        }
        return trace.Build();
    }

    private static void Append(TraceBuilder trace, Step s, Experiment experiment)
    {
        ulong iova = Places[s.Where], size = Sizes[s.Size];
        // A GiB of 4 KiB leaves is too much for a slow reference.
        if (size == Huge && (experiment.PageSize is "4K" or "2M" || experiment.View == View.Gpa || iova % Large != 0)) size = Large;
        trace.After(s.GapNs).By(Devices[s.Who % 4], WithoutPasids.Contains(experiment.Iommu) ? TraceEvent.NoPasid : Pasids[s.Who / 4]);
        switch (s.Verb)
        {
            case <= 4: trace.Map(iova, size, PhysicalOf(s, iova, experiment), PermissionOf(s, experiment)); break;
            case <= 7: trace.Unmap(iova, size); break;
            case <= 16: trace.Write(iova + Offsets[s.Detail % 4], Lengths[s.Size], FlagsOf(s.Detail)); break;
            case <= 18: trace.Read(iova + Offsets[s.Detail % 4], Lengths[s.Size], FlagsOf(s.Detail)); break;
            case 19: trace.Attach((ushort)(1 + (s.Detail % 3))); break;
            case 20: trace.Invalidate((ushort)(1 + (s.Detail % 3)), iova, size); break;
            case 21: trace.InvalidateDomain((ushort)(1 + (s.Detail % 3))); break;
            case 22 when s.Detail < 4: trace.InvalidateAll(); break;
            default: trace.Write(iova); break;
        }
    }

    private static ulong PhysicalOf(Step s, ulong iova, Experiment experiment)
    {
        // Guest memory is small in the gpa view, so that pieces overlap, touch, and fall outside.
        if (experiment.View == View.Gpa) return (s.Detail % 4) switch { 0 => iova, 1 => 0, 2 => Large - Page, _ => 3 * Large };
        return iova + (s.Detail % 4) switch { 0 => 0, 1 => Large, _ => Huge } + (s.Detail == 19 ? Page : 0);
    }

    // Most formats have no leaves that can be written and not read.
    private static Permission PermissionOf(Step s, Experiment experiment) =>
        Permissions[s.Detail / 4] is Permission.Write && experiment.Iommu != "vtd" ? Permission.ReadWrite : Permissions[s.Detail / 4];

    private static EventFlags FlagsOf(int detail) => detail switch { 3 or 4 => EventFlags.Ring, 5 => EventFlags.Interrupt, _ => EventFlags.None };
}
