using Workbench.Iommu.Ats;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Tests.Models;
using Workbench.Iommu.Vtd;

namespace Workbench.Iommu.Tests.Ats;

/// <summary>Devices with TLBs in front of an engine, without any vendor: three address spaces, chosen by PASID (none, 1 or 2), the same for all devices.</summary>
internal sealed class AtsRig : IContextLocator, IDisposable
{
    public const int Spaces = 3;

    private readonly PhysicalMemory memory = new(64UL << 20);
    private readonly PageTableWalker<VtdSecondStageFormat> walker;

    public AtsRig(int entries, IotlbGeometry? geometry = null, Func<PageRequest, PageResponse>? onPageRequest = null)
    {
        walker = new(memory, hasWalkCaches: false);
        Tables = [.. Enumerable.Range(0, Spaces).Select(_ => new PageTable<VtdSecondStageFormat>(memory, 4))];
        Engine = IommuEngine.Build(this, [walker], geometry ?? new() { Sets = 1, Ways = 64 }, Recorded.Add);
        Devices = new(Engine, entries, onPageRequest) { Diagnose = true };
    }

    public PageTable<VtdSecondStageFormat>[] Tables { get; }
    /// <summary>The IOMMU behind the devices, for requests that are not translated.</summary>
    public IIommu Engine { get; }
    public DeviceTlbs Devices { get; }
    public List<Fault> Recorded { get; } = [];
    public BitKeeping Keeps { get; init; } = BitKeeping.ByHardware;
    public bool AllowsAts { get; init; } = true;

    public static uint PasidOf(int space) => space == 0 ? DmaRequest.NoPasid : (uint)space;

    public static CacheTag TagOf(int space) => space == 0 ? new(new DomainId(9)) : new(new DomainId(9), (uint)space);

    public FaultKind Locate(RequesterId device, Pasid? pasid, out TranslationContext? context)
    {
        int space = pasid is { } number ? (int)number.Value : 0;
        context = new()
        {
            Tag = TagOf(space),
            Walker = walker,
            AllowsAts = AllowsAts,
            Table = new() { Root = Tables[space].Root.Value, RootLevel = 3, LastInput = Bits.Mask(48), Accessed = Keeps, Dirty = Keeps },
        };
        return FaultKind.None;
    }

    public Translation Access(RequesterId device, int space, ulong iova, bool isWrite)
    {
        Devices.Translate(new(device, iova, isWrite, PasidOf(space)), out Translation translation);
        return translation;
    }

    public MapResult Map(int space, ulong iova, ulong physical, ulong length, Permission permission = Permission.ReadWrite, int largest = 21) =>
        Tables[space].Map(iova, physical, length, permission, largest, new());

    public ref ulong Leaf(int space, ulong iova)
    {
        ulong table = Tables[space].Root.Value;
        for (int level = 3; ; level--)
        {
            ref ulong entry = ref memory.Word(new(table + ((iova >> VtdSecondStageFormat.Shift(level)) % 512 * 8)));
            if (VtdSecondStageFormat.IsLeaf(entry, level)) return ref entry;
            table = VtdSecondStageFormat.TableAddress(entry);
        }
    }

    public bool IsDirty(int space, ulong iova) => VtdSecondStageFormat.IsDirty(Leaf(space, iova));

    /// <summary>Clears every dirty bit of a space, and drops what the IOMMU itself has cached of it.</summary>
    public int Harvest(int space)
    {
        ReportedLeaves found = new();
        ScanBudget unlimited = new() { RemainingNs = long.MaxValue };
        Tables[space].ScanDirty(0, ulong.MaxValue, clear: true, ref unlimited, found, new());
        FlushIotlb(space, 0, ulong.MaxValue);
        return found.All.Count;
    }

    public void FlushIotlb(int space, ulong first, ulong last) => Devices.Execute(InvalidationRequest.Range(TagMatch.Exactly(TagOf(space)), first, last, leafOnly: false));

    public void FlushDevice(RequesterId device, int? space, ulong first, ulong last) =>
        Devices.Execute(InvalidationRequest.OfDeviceTlb(device, space is > 0 ? new Pasid((uint)space.Value) : null, first, last));

    public void Dispose() => memory.Dispose();
}
