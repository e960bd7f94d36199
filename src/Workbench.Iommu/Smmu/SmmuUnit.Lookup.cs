using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Smmu;

/// <content>From a StreamID and SubstreamID to a translation context: STE and CD. IHI 0070 §3.3, §5.</content>
public sealed partial class SmmuUnit
{
    // Where in stage 2 the fetch of a context descriptor failed, until the fault that follows at once is recorded.
    private (Gpa At, bool Stalls, bool Records)? failedFetch;

    /// <inheritdoc/>
    public FaultKind Locate(RequesterId device, Pasid? pasid, out TranslationContext? context)
    {
        failedFetch = null;
        context = null;
        if (!IsEnabled)
        {
            // GBPA: no stream is looked up, and no event recorded.
            if (AbortsWhileDisabled) return FaultKind.DeviceBlocked;
            context = Bypass(false) with { RecordsFaults = false };
            return FaultKind.None;
        }
        FaultKind fault = FindStream(device, out SmmuStreamTableEntry stream);
        if (fault != FaultKind.None) return fault;
        if (stream.Aborts) return FaultKind.DeviceBlocked;
        bool hasAts = Features.SupportsAts && stream.AtsMode == SmmuAtsMode.Full;
        if (!stream.TranslatesStage1)
        {
            if (pasid is not null) return FaultKind.PasidNotAllowed;
            context = stream.TranslatesStage2 ? Stage2Only(stream, hasAts) : Bypass(false);
            return FaultKind.None;
        }
        SmmuContextTable table = stream.ContextsOn(Features);
        if (!table.HasSubstreams && pasid is not null) return FaultKind.PasidNotAllowed;
        if (table.HasSubstreams && pasid is null)
        {
            if (stream.DefaultSubstream == SmmuDefaultSubstream.BypassStage1)
            {
                context = stream.TranslatesStage2 ? Stage2Only(stream, hasAts) : Bypass(hasAts);
                return FaultKind.None;
            }
            if (stream.DefaultSubstream != SmmuDefaultSubstream.UseContext0) return FaultKind.RequestNeedsPasid;
        }
        // Context 0 then is of requests without SubstreamID alone.
        if (pasid is { Value: 0 } && stream.DefaultSubstream == SmmuDefaultSubstream.UseContext0) return FaultKind.RequestNeedsPasid;
        Pasid substream = pasid ?? default;
        if (!table.Covers(substream)) return FaultKind.PasidBeyondDirectory;
        fault = FindContext(stream, table, substream, out SmmuContextDescriptor descriptor);
        if (fault == FaultKind.None) context = Stage1(stream, descriptor, hasAts);
        return fault;
    }

    private FaultKind FindStream(RequesterId device, out SmmuStreamTableEntry stream)
    {
        stream = default;
        uint id = device.Value;
        if (!StreamTable.Covers(id) || (Features.StreamIdBits < 32 && id >> Features.StreamIdBits != 0)) return FaultKind.DeviceBeyondTable;
        Span<ulong> words = stackalloc ulong[SmmuStreamTableEntry.WordCount];
        Spa at = StreamTable.LinearEntryOf(id);
        if (StreamTable.IsTwoLevel)
        {
            if (!memory.TryRead(StreamTable.Level1EntryOf(id), words[..1])) return FaultKind.RootUnreachable;
            SmmuStreamLevel1 level1 = new(words[0]);
            uint index = StreamTable.LeafIndexOf(id);
            if (!level1.Reaches(index, StreamTable.Split)) return FaultKind.RootNotPresent;
            at = level1.EntryAt(index);
        }
        if (!memory.TryRead(at, words)) return FaultKind.ContextUnreachable;
        stream = SmmuStreamTableEntry.Read(words);
        if (!stream.IsValid) return FaultKind.ContextNotPresent;
        // Streams of EL2 would need tags of their own: see the deviations.
        bool isEl2 = stream.UsesStreamWorld(Features) && stream.StreamWorld == SmmuStreamWorld.El2;
        return stream.Check(Features) != SmmuStreamError.None || isEl2 ? FaultKind.ContextInvalid : FaultKind.None;
    }

    private FaultKind FindContext(in SmmuStreamTableEntry stream, SmmuContextTable table, Pasid substream, out SmmuContextDescriptor descriptor)
    {
        descriptor = default;
        Span<ulong> words = stackalloc ulong[SmmuContextDescriptor.WordCount];
        ulong at = table.LinearEntryOf(substream);
        FaultKind fault;
        if (table.IsTwoLevel)
        {
            fault = Fetch(stream, table.Level1EntryOf(substream), words[..1], FaultKind.PasidDirectoryUnreachable);
            if (fault != FaultKind.None) return fault;
            SmmuContextLevel1 level1 = new(words[0]);
            if (!level1.IsValid) return FaultKind.PasidDirectoryNotPresent;
            if (level1.LeafIsOutOfRange(stream.TranslatesStage2 ? Features.IntermediateAddressBits : Features.OutputAddressBits)) return FaultKind.PasidDirectoryInvalid;
            at = level1.DescriptorAt(table.LeafIndexOf(substream));
        }
        fault = Fetch(stream, at, words, FaultKind.PasidUnreachable);
        if (fault != FaultKind.None) return fault;
        descriptor = SmmuContextDescriptor.Read(words);
        if (!descriptor.IsValid) return FaultKind.PasidNotPresent;
        return descriptor.Check(stream, Features) == SmmuContextError.None ? FaultKind.None : FaultKind.PasidInvalid;
    }

    /// <summary>Reads a structure that lies at an intermediate address if the stream is nested: a read of stage 2, which never makes a page dirty.</summary>
    private FaultKind Fetch(in SmmuStreamTableEntry stream, ulong address, Span<ulong> words, FaultKind unreachable)
    {
        Spa at = new(address);
        if (stream.TranslatesStage2)
        {
            IommuCounters uncounted = default;
            TranslationContext second = Stage2Only(stream, hasAts: false);
            FaultKind fault = second.Walker.Walk(second, address, AccessKind.Read, ref uncounted, out WalkResult page);
            if (fault != FaultKind.None)
            {
                failedFetch = (new(address), stream.Stage2Stalls, stream.Stage2FaultsAreRecorded);
                return fault;
            }
            at = new(page.PhysicalOf(address));
        }
        return memory.TryRead(at, words) ? FaultKind.None : unreachable;
    }

    private TranslationContext Bypass(bool hasAts) => new() { Tag = new(new DomainId(0)), Walker = walkers.PassThrough, Table = null, AllowsAts = hasAts };

    private TranslationContext Stage2Only(in SmmuStreamTableEntry stream, bool hasAts) => new()
    {
        Tag = new(new DomainId(stream.Vmid)),
        Walker = walkers.Stage2(stream.Stage2Granule),
        Table = Stage2(stream),
        AllowsAts = hasAts,
        RecordsFaults = stream.Stage2FaultsAreRecorded || stream.Stage2Stalls,
        StallsFaults = stream.Stage2Stalls,
    };

    private TranslationContext Stage1(in SmmuStreamTableEntry stream, in SmmuContextDescriptor descriptor, bool hasAts)
    {
        bool isNested = stream.TranslatesStage2;
        SmmuGranule granule = descriptor.LowerGranule;
        IPageWalker walker = descriptor.LowerIsDisabled ? walkers.NoTables
            : isNested ? walkers.Nested(granule, stream.Stage2Granule) : walkers.Stage1(granule);
        return new()
        {
            Tag = new(new DomainId(stream.VmidIsUsed(Features) ? stream.Vmid : (ushort)0), descriptor.Asid),
            Walker = walker,
            Table = descriptor.LowerIsDisabled ? new TableStage { Root = 0, RootLevel = 0, LastInput = 0 } : Stage1(descriptor),
            Parent = isNested ? Stage2(stream) : null,
            AllowsAts = hasAts,
            RecordsFaults = descriptor.FaultsAreRecorded || descriptor.Stalls,
            StallsFaults = descriptor.Stalls,
            ParentRecordsFaults = stream.Stage2FaultsAreRecorded || stream.Stage2Stalls,
            ParentStallsFaults = stream.Stage2Stalls,
        };
    }

    private TableStage Stage1(in SmmuContextDescriptor descriptor)
    {
        int bits = 64 - descriptor.LowerSizeOffset;
        SmmuGranule granule = descriptor.LowerGranule;
        int root = SmmuTables.RootLevelOf(granule, bits);
        bool updatesAccessed = descriptor.AccessFlagIsUpdated && Features.HardwareUpdate >= SmmuHardwareUpdate.AccessFlag;
        return new()
        {
            Root = SmmuTables.AlignedRoot(descriptor.LowerTable, granule, root, bits),
            RootLevel = root,
            LastInput = Bits.Mask(bits),
            LastOutput = LastOutput(descriptor.OutputSize, granule),
            Accessed = updatesAccessed ? BitKeeping.ByHardware : descriptor.IgnoresAccessFlag ? BitKeeping.Ignored : BitKeeping.Faults,
            Dirty = updatesAccessed && descriptor.DirtyIsUpdated && Features.HardwareUpdate >= SmmuHardwareUpdate.AccessFlagAndDirty ? BitKeeping.ByHardware : BitKeeping.Ignored,
            MarksTables = updatesAccessed && descriptor.TableAccessFlagIsUpdated && Features.HardwareUpdate == SmmuHardwareUpdate.TableAccessFlag,
            CoherentWalks = Features.IsCoherent,
            DirtyMayLag = dirtyMayLag,
            ConflictingLevels = Features.BreakBeforeMakeLevel < 2 ? SmmuTables.LeafSizesByLevel(granule) : null,
        };
    }

    private TableStage Stage2(in SmmuStreamTableEntry stream)
    {
        int bits = stream.Stage2InputBits;
        SmmuGranule granule = stream.Stage2Granule;
        int root = stream.Stage2RootLevel ?? 0;
        bool updatesAccessed = stream.Stage2AccessFlagIsUpdated && Features.HardwareUpdate >= SmmuHardwareUpdate.AccessFlag;
        return new()
        {
            Root = SmmuTables.AlignedRoot(stream.Stage2Table.Value, granule, root, bits),
            RootLevel = root,
            LastInput = Bits.Mask(bits),
            LastOutput = LastOutput(stream.Stage2OutputSize, granule),
            Accessed = updatesAccessed ? BitKeeping.ByHardware : stream.Stage2IgnoresAccessFlag ? BitKeeping.Ignored : BitKeeping.Faults,
            Dirty = updatesAccessed && stream.Stage2DirtyIsUpdated && Features.HardwareUpdate >= SmmuHardwareUpdate.AccessFlagAndDirty ? BitKeeping.ByHardware : BitKeeping.Ignored,
            MarksTables = updatesAccessed && stream.Stage2TableAccessFlagIsUpdated && Features.HardwareUpdate == SmmuHardwareUpdate.TableAccessFlag,
            CoherentWalks = Features.IsCoherent,
            DirtyMayLag = dirtyMayLag,
            ConflictingLevels = Features.BreakBeforeMakeLevel < 2 ? SmmuTables.LeafSizesByLevel(granule) : null,
        };
    }

    private ulong LastOutput(SmmuAddressSize size, SmmuGranule granule) =>
        Bits.Mask(Math.Min(Math.Min(size.AddressBits, Features.OutputAddressBits), granule == SmmuGranule.Size64K ? 52 : 48));
}
