using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.RiscV;

/// <content>From a request's device and process to its tables. RISC-V IOMMU, "Process to translate an IOVA", steps 1 to 16 [S].</content>
public sealed partial class RiscVUnit
{
    private readonly HashSet<ushort> nestedGuests = [];
    private Lookup lookup;

    /// <summary>What the record of a failed lookup needs; the engine reports the fault right after the lookup.</summary>
    private struct Lookup
    {
        public bool Failed, FoundContext, AllowsAts, IsSuppressed;
        public WalkFault Where;
    }

    /// <inheritdoc/>
    public FaultKind Locate(RequesterId device, Pasid? pasid, out TranslationContext? context)
    {
        lookup = default;
        FaultKind fault = FindContext(RiscVDeviceId.Of(device), pasid, out context);
        lookup.Failed = fault != FaultKind.None;
        return fault;
    }

    private FaultKind FindContext(RiscVDeviceId device, Pasid? pasid, out TranslationContext? context)
    {
        context = null;
        if (directory.Mode == RiscVDeviceDirectoryMode.Off) return FaultKind.DeviceBlocked;
        if (directory.Mode == RiscVDeviceDirectoryMode.Bare)
        {
            context = new() { Tag = default, Walker = passThrough, Table = null };
            return FaultKind.None;
        }
        FaultKind fault = FindDevice(device, out RiscVDeviceContext dc);
        if (fault != FaultKind.None) return fault;
        (lookup.FoundContext, lookup.AllowsAts, lookup.IsSuppressed) = (true, dc.AtsIsEnabled, dc.FaultsAreSuppressed);

        if (pasid is not null && !dc.HasProcessDirectory) return FaultKind.PasidNotAllowed;
        TableStage? parent = dc.HasSecondStage ? SecondStageOf(dc) : null;
        (RiscVFirstStageMode mode, ulong table, uint pscid) = (RiscVFirstStageMode.Bare, 0, 0);
        if (!dc.HasProcessDirectory) (mode, table, pscid) = (dc.FirstStageMode, dc.FirstStageTable, dc.Pscid);
        else
        {
            if (pasid is { } wide && dc.ProcessDirectoryMode != RiscVProcessDirectoryMode.Bare && !RiscVProcessDirectory.Covers(wide, dc.ProcessDirectoryMode)) return FaultKind.PasidBeyondDirectory;
            Pasid? effective = pasid ?? (dc.DefaultProcessIsEnabled ? default(Pasid) : null);
            if (effective is { } process && dc.ProcessDirectoryMode != RiscVProcessDirectoryMode.Bare)
            {
                fault = FindProcess(dc, parent, process, out RiscVProcessContext pc);
                if (fault != FaultKind.None) return fault;
                (mode, table, pscid) = (pc.FirstStageMode, pc.FirstStageTable, pc.Pscid);
            }
        }
        TableStage? first = mode == RiscVFirstStageMode.Bare ? null : FirstStageOf(dc, mode, table);
        if (first is not null && parent is not null) nestedGuests.Add(dc.Gscid);
        context = new()
        {
            Tag = (first, parent) switch
            {
                (not null, null) => CacheTag.Outside(pscid),
                (not null, not null) => new(new DomainId(dc.Gscid), pscid),
                _ => new(new DomainId(parent is null ? (ushort)0 : dc.Gscid)),
            },
            Walker = (first, parent) switch
            {
                (null, null) => passThrough,
                (not null, null) => firstStage,
                (null, not null) => secondStage,
                _ => nested,
            },
            Table = first ?? parent,
            Parent = first is null ? null : parent,
            AllowsAts = dc.AtsIsEnabled,
            PageFaultsAreRefusals = true,
            RecordsFaults = !dc.FaultsAreSuppressed,
        };
        return FaultKind.None;
    }

    private FaultKind FindDevice(RiscVDeviceId device, out RiscVDeviceContext dc)
    {
        dc = default;
        bool isExtended = Capabilities.SupportsMsiTable;
        if (!RiscVDeviceDirectory.Covers(device, directory.Mode, isExtended)) return FaultKind.DeviceBeyondTable;
        Span<ulong> words = stackalloc ulong[Capabilities.DeviceContextWords];
        Spa table = directory.Table;
        for (int level = directory.Mode.Levels - 1; level > 0; level--)
        {
            if (!memory.TryRead(new(table.Value + RiscVDeviceDirectory.OffsetOf(device, level, isExtended)), words[..1])) return FaultKind.RootUnreachable;
            RiscVDeviceDirectoryEntry entry = new(words[0]);
            if (!entry.IsValid) return FaultKind.RootNotPresent;
            if (entry.ReservedBitsSet) return FaultKind.RootInvalid;
            table = entry.Table;
        }
        if (!memory.TryRead(new(table.Value + RiscVDeviceDirectory.OffsetOf(device, 0, isExtended)), words)) return FaultKind.ContextUnreachable;
        dc = RiscVDeviceContext.Read(words);
        if (!dc.IsValid) return FaultKind.ContextNotPresent;
        // MSI page tables are not modelled: a context that asks for one is refused like one that breaks a rule.
        return dc.Check(Capabilities, FeatureControl) != RiscVContextError.None || dc.MsiTableMode != RiscVMsiTableMode.Off ? FaultKind.ContextInvalid : FaultKind.None;
    }

    private FaultKind FindProcess(in RiscVDeviceContext dc, TableStage? parent, Pasid process, out RiscVProcessContext pc)
    {
        pc = default;
        Span<ulong> words = stackalloc ulong[RiscVProcessContext.WordCount];
        ulong table = dc.ProcessDirectory;
        for (int level = dc.ProcessDirectoryMode.Levels - 1; level > 0; level--)
        {
            FaultKind fault = ReadGuest(parent, dc.Gscid, table + RiscVProcessDirectory.OffsetOf(process, level), words[..1], FaultKind.PasidDirectoryUnreachable);
            if (fault != FaultKind.None) return fault;
            RiscVProcessDirectoryEntry entry = new(words[0]);
            if (!entry.IsValid) return FaultKind.PasidDirectoryNotPresent;
            if (entry.ReservedBitsSet) return FaultKind.PasidDirectoryInvalid;
            table = entry.Table;
        }
        FaultKind unread = ReadGuest(parent, dc.Gscid, table + RiscVProcessDirectory.OffsetOf(process, 0), words, FaultKind.PasidUnreachable);
        if (unread != FaultKind.None) return unread;
        pc = RiscVProcessContext.Read(words);
        if (!pc.IsValid) return FaultKind.PasidNotPresent;
        return pc.Check(Capabilities, dc.Is32Bit) == RiscVContextError.None ? FaultKind.None : FaultKind.PasidInvalid;
    }

    /// <summary>Reads words within a page of a process directory, which lies at guest addresses if there is a second stage: an implicit read there.</summary>
    private FaultKind ReadGuest(TableStage? parent, ushort gscid, ulong address, Span<ulong> words, FaultKind unreachable)
    {
        if (parent is not null)
        {
            IommuCounters uncounted = default;
            FaultKind fault = secondStage.Stage.Walk(parent, new CacheTag(new DomainId(gscid)).Value, address, AccessKind.Read, ref uncounted, out WalkResult page);
            if (fault is FaultKind.TableUnreachable or FaultKind.BeyondOutputWidth) return unreachable;
            if (fault != FaultKind.None)
            {
                lookup.Where = new(FaultStage.Second, new(address), OnTable: true);
                return fault;
            }
            address = page.PhysicalOf(address);
        }
        return memory.TryRead(new(address), words) ? FaultKind.None : unreachable;
    }

    private TableStage FirstStageOf(in RiscVDeviceContext dc, RiscVFirstStageMode mode, ulong table)
    {
        BitKeeping keeping = dc.FirstStageUpdateIsEnabled ? BitKeeping.ByHardware : BitKeeping.Faults;
        return new()
        {
            Root = table,
            RootLevel = mode.Levels - 1,
            LastInput = Bits.Mask(mode.AddressBits - 1),
            IsSigned = true,
            Accessed = keeping,
            Dirty = keeping,
            MustBeZero = reservedPageBits,
            // Under a second stage the output is a guest address, whose width that stage judges.
            LastOutput = Bits.Mask(dc.HasSecondStage ? 56 : Capabilities.PhysicalAddressBits),
        };
    }

    private TableStage SecondStageOf(in RiscVDeviceContext dc)
    {
        BitKeeping keeping = dc.SecondStageUpdateIsEnabled ? BitKeeping.ByHardware : BitKeeping.Faults;
        return new()
        {
            Root = dc.SecondStageTable.Value,
            RootLevel = dc.SecondStageMode.Levels - 1,
            LastInput = Bits.Mask(dc.SecondStageMode.AddressBits),
            Accessed = keeping,
            Dirty = keeping,
            MustBeZero = reservedPageBits,
            LastOutput = Bits.Mask(Capabilities.PhysicalAddressBits),
        };
    }
}
