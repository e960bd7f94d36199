using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Vtd;

/// <content>From a requester and PASID to its tables.</content>
public sealed partial class VtdUnit
{
    // Until a first stage was seen, page-selective invalidations have nothing of one to drop.
    private bool hasLocatedSpaces;

    /// <inheritdoc/>
    public bool RecordsLookupFaults { get; private set; } = true;

    /// <inheritdoc/>
    public FaultKind Locate(RequesterId device, Pasid? pasid, out TranslationContext? context)
    {
        context = null;
        Span<ulong> words = stackalloc ulong[VtdPasidTableEntry.WordCount];
        FaultKind fault = ReadContext(device, words, out VtdContextEntry entry);
        if (fault != FaultKind.None) return fault;
        if (pasid is not null && !entry.PasidIsEnabled) return FaultKind.PasidNotAllowed;
        Pasid effective = pasid ?? (Extended.SupportsRequestPasid ? entry.RequestPasid : default);
        if (!entry.Covers(effective)) return FaultKind.PasidBeyondDirectory;

        if (!memory.TryRead(new(unchecked(entry.PasidDirectory.Value + ((ulong)VtdPasidDirectoryEntry.IndexOf(effective) * VtdPasidDirectoryEntry.SizeBytes))), words[..1])) return FaultKind.PasidDirectoryUnreachable;
        VtdPasidDirectoryEntry directory = VtdPasidDirectoryEntry.Read(words);
        if (directory.FaultsAreSuppressed) RecordsLookupFaults = false;
        if (!directory.IsPresent) return FaultKind.PasidDirectoryNotPresent;
        if (directory.ReservedBitsSet()) return FaultKind.PasidDirectoryInvalid;

        if (!memory.TryRead(new(unchecked(directory.PasidTable.Value + ((ulong)VtdPasidTableEntry.IndexOf(effective) * VtdPasidTableEntry.SizeBytes))), words)) return FaultKind.PasidUnreachable;
        VtdPasidTableEntry space = VtdPasidTableEntry.Read(words);
        if (space.FaultsAreSuppressed) RecordsLookupFaults = false;
        if (!space.IsPresent) return FaultKind.PasidNotPresent;
        if (space.ReservedBitsSet(Extended)) return FaultKind.PasidReservedBits;
        if (!CanUse(space)) return FaultKind.PasidInvalid;
        context = ContextOf(space, entry, effective);
        return FaultKind.None;
    }

    /// <summary>The context entry of a requester; FPD of what is read on the way decides on recording, valid or not.</summary>
    private FaultKind ReadContext(RequesterId device, Span<ulong> words, out VtdContextEntry entry)
    {
        RecordsLookupFaults = true;
        entry = default;
        if (RootTable is not { } rootTable) return FaultKind.RootNotPresent;
        if (!memory.TryRead(new(unchecked(rootTable.Value + ((ulong)VtdRootEntry.IndexOf(device) * VtdRootEntry.SizeBytes))), words[..VtdRootEntry.WordCount])) return FaultKind.RootUnreachable;
        VtdRootEntry root = VtdRootEntry.Read(words);
        if (!root.IsPresentFor(device.DeviceFunction)) return FaultKind.RootNotPresent;
        if (root.ReservedBitsSet(device.DeviceFunction)) return FaultKind.RootInvalid;

        Spa contextAt = new(unchecked(root.ContextTableFor(device.DeviceFunction).Value + ((ulong)VtdContextEntry.IndexOf(device) * VtdContextEntry.SizeBytes)));
        if (!memory.TryRead(contextAt, words[..VtdContextEntry.WordCount])) return FaultKind.ContextUnreachable;
        entry = VtdContextEntry.Read(words);
        RecordsLookupFaults = !entry.FaultsAreSuppressed;
        if (!entry.IsPresent) return FaultKind.ContextNotPresent;
        return entry.ReservedBitsSet(Extended) ? FaultKind.ContextInvalid : FaultKind.None;
    }

    private bool CanUse(in VtdPasidTableEntry space)
    {
        if (!Extended.Supports(space.TranslationType)) return false;
        if (space.UsesSecondStage && !Capability.Supports(space.AddressWidth)) return false;
        return !space.UsesFirstStage || space.FirstStagePagingMode == 0 || (space.FirstStagePagingMode == 1 && Capability.SupportsFirstStage5Level);
    }

    private TranslationContext ContextOf(in VtdPasidTableEntry space, in VtdContextEntry entry, Pasid pasid)
    {
        TableStage? first = space.UsesFirstStage ? FirstStageOf(space) : null;
        TableStage? second = space.UsesSecondStage ? SecondStageOf(space) : null;
        hasLocatedSpaces |= first is not null;
        return new()
        {
            Tag = first is null ? new(space.DomainId) : new(space.DomainId, pasid.Value),
            Pasid = pasid,
            Walker = first is null ? second is null ? passThrough : secondStage : second is null ? firstStage : nested,
            Table = first ?? second,
            Parent = first is null ? null : second,
            AllowsAts = entry.DeviceTlbIsEnabled,
            IgnoresNoWrite = !Extended.SupportsNoWriteFlag,
            RecordsFaults = RecordsLookupFaults,
        };
    }

    private TableStage FirstStageOf(in VtdPasidTableEntry space)
    {
        int rootLevel = 3 + space.FirstStagePagingMode;
        return new()
        {
            Root = space.FirstStageTable,
            RootLevel = rootLevel,
            // Canonical: the top bit of 48 or 57 goes on upwards.
            LastInput = Bits.Mask(X64Format.Shift(rootLevel) + X64Format.IndexBits - 1),
            IsSigned = true,
            LargestLeafLog2 = Capability.SupportsFirstStage1G ? 30 : 21,
            // CPU-compatible tables have no enable: A and D are always kept.
            Accessed = BitKeeping.ByHardware,
            Dirty = BitKeeping.ByHardware,
            MarksTables = true,
            CoherentWalks = space.PageWalkIsSnooped,
            AlsoAccessed = space.ExtendedAccessedIsEnabled ? X64Format.ExtendedAccessedBit : 0,
        };
    }

    private TableStage SecondStageOf(in VtdPasidTableEntry space)
    {
        BitKeeping keeping = space.DirtyTrackingIsEnabled ? BitKeeping.ByHardware : BitKeeping.Ignored;
        return new()
        {
            Root = space.SecondStageTable.Value,
            RootLevel = space.AddressWidth.Levels - 1,
            LastInput = Bits.Mask(Math.Min(space.AddressWidth.AddressBits, Capability.MaximumAddressBits)),
            LargestLeafLog2 = Capability.LargestSecondStageLeafLog2,
            Accessed = keeping,
            Dirty = keeping,
            MarksTables = space.DirtyTrackingIsEnabled,
            CoherentWalks = space.PageWalkIsSnooped,
        };
    }
}
