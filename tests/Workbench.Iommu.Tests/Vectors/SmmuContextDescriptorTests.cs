using CsCheck;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Context descriptors and their tables. IHI 0070 §5.3, §5.4; hardware.md 3.2.</summary>
public sealed class SmmuContextDescriptorTests
{
    private static readonly SmmuFeatures Features = SmmuFeatures.Default;
    private static readonly SmmuStreamTableEntry Stream = SmmuStreamTableEntry.ForStage1(new(0x1000));

    private static readonly SmmuContextDescriptor Lower =
        SmmuContextDescriptor.ForLower(0x8_7654_3000, 0xABCD, SmmuGranule.Size4K, 48, SmmuAddressSize.Bits48, 0xFF, tracksDirty: true);

    // T0SZ 16, TG0 0, IR0 1, OR0 1, SH0 3, EPD1, V, IPS 5, AA64, HD, HA, R, A, ASET, ASID.
    [Fact]
    public void A_lower_address_space_has_these_words()
    {
        Assert.Equal(new SmmuContextDescriptor(0xABCD_EE05_C000_3510, 0x8_7654_3000, 0, 0xFF), Lower);
        Assert.True(Lower.TracksDirty);
        Assert.Equal(SmmuContextError.None, Lower.Check(Stream, Features));
    }

    [Fact]
    public void Dirty_tracking_changes_bits_42_and_43()
    {
        SmmuContextDescriptor off = Lower with { AccessFlagIsUpdated = false, DirtyIsUpdated = false };
        Assert.Equal(0x0C00_0000_0000UL, Lower.Word0 ^ off.Word0);
        Assert.Equal(SmmuContextDescriptor.DirtyTrackingBits, Lower.Word0 ^ off.Word0);
        Assert.Equal(off, Lower with { Word0 = off.Word0 });
        Assert.False((Lower with { AccessFlagIsUpdated = false }).TracksDirty);
        Assert.False((Lower with { Is64Bit = false }).TracksDirty);
    }

    public static TheoryData<string, SmmuContextDescriptor, int, ulong> Fields => new()
    {
        { "T0SZ", new() { LowerSizeOffset = 63 }, 0, 0x3F },
        { "TG0 64K", new() { LowerGranule = SmmuGranule.Size64K }, 0, 0x40 },
        { "TG0 16K", new() { LowerGranule = SmmuGranule.Size16K }, 0, 0x80 },
        { "TG0 reserved", new() { LowerGranule = SmmuGranule.None }, 0, 0xC0 },
        { "IR0", new() { LowerInnerCacheability = 3 }, 0, 0x300 },
        { "OR0", new() { LowerOuterCacheability = 3 }, 0, 0xC00 },
        { "SH0", new() { LowerShareability = 3 }, 0, 0x3000 },
        { "EPD0", new() { LowerIsDisabled = true }, 0, 0x4000 },
        { "ENDI", new() { IsBigEndian = true }, 0, 0x8000 },
        { "T1SZ", new() { UpperSizeOffset = 63 }, 0, 0x3F_0000 },
        { "TG1 16K", new() { UpperGranule = SmmuGranule.Size16K }, 0, 0x40_0000 },
        { "TG1 4K", new() { UpperGranule = SmmuGranule.Size4K }, 0, 0x80_0000 },
        { "TG1 64K", new() { UpperGranule = SmmuGranule.Size64K }, 0, 0xC0_0000 },
        { "IR1", new() { UpperInnerCacheability = 3 }, 0, 0x300_0000 },
        { "OR1", new() { UpperOuterCacheability = 3 }, 0, 0xC00_0000 },
        { "SH1", new() { UpperShareability = 3 }, 0, 0x3000_0000 },
        { "EPD1", new() { UpperIsDisabled = true }, 0, 0x4000_0000 },
        { "V", new() { IsValid = true }, 0, 0x8000_0000 },
        { "IPS", new() { OutputSize = SmmuAddressSize.Bits56 }, 0, 0x7_0000_0000 },
        { "AFFD", new() { IgnoresAccessFlag = true }, 0, 0x8_0000_0000 },
        { "WXN", new() { WritableIsNotExecutable = true }, 0, 0x10_0000_0000 },
        { "TBI0", new() { LowerIgnoresTopByte = true }, 0, 0x40_0000_0000 },
        { "TBI1", new() { UpperIgnoresTopByte = true }, 0, 0x80_0000_0000 },
        { "PAN", new() { PrivilegedIsKeptOut = true }, 0, 0x100_0000_0000 },
        { "AA64", new() { Is64Bit = true }, 0, 0x200_0000_0000 },
        { "HD", new() { DirtyIsUpdated = true }, 0, 0x400_0000_0000 },
        { "HA", new() { AccessFlagIsUpdated = true }, 0, 0x800_0000_0000 },
        { "S", new() { Stalls = true }, 0, 0x1000_0000_0000 },
        { "R", new() { FaultsAreRecorded = true }, 0, 0x2000_0000_0000 },
        { "A", new() { FaultsAbort = true }, 0, 0x4000_0000_0000 },
        { "ASET", new() { AsidIsPrivate = true }, 0, 0x8000_0000_0000 },
        { "ASID", new() { Asid = 0xFFFF }, 0, 0xFFFF_0000_0000_0000 },
        { "HAD0", new() { LowerIgnoresHierarchy = true }, 1, 0x2 },
        { "HAFT", new() { TableAccessFlagIsUpdated = true }, 1, 0x8 },
        { "TTB0", new() { LowerTable = 0x000F_FFFF_FFFF_FFF0 }, 1, 0x000F_FFFF_FFFF_FFF0 },
        { "HAD1", new() { UpperIgnoresHierarchy = true }, 2, 0x2 },
        { "TTB1", new() { UpperTable = 0x000F_FFFF_FFFF_FFF0 }, 2, 0x000F_FFFF_FFFF_FFF0 },
        { "DS", new() { HasLargeAddresses = true }, 2, 0x0400_0000_0000_0000 },
        { "MAIR", new() { MemoryAttributes = ulong.MaxValue }, 3, ulong.MaxValue },
        { "AMAIR", new() { AuxiliaryMemoryAttributes = ulong.MaxValue }, 4, ulong.MaxValue },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_sets_its_bits_only(string field, SmmuContextDescriptor descriptor, int word, ulong bits)
    {
        ulong[] words = new ulong[SmmuContextDescriptor.WordCount];
        descriptor.Write(words);
        for (int i = 0; i < words.Length; i++)
            Assert.True((i == word ? bits : 0) == words[i], $"{field}: word {i} is {words[i]:x16}");
        Assert.Equal(descriptor, SmmuContextDescriptor.Read(words));
    }

    [Theory]
    [InlineData(0, SmmuGranule.Size4K, SmmuGranule.None)]
    [InlineData(1, SmmuGranule.Size64K, SmmuGranule.Size16K)]
    [InlineData(2, SmmuGranule.Size16K, SmmuGranule.Size4K)]
    [InlineData(3, SmmuGranule.None, SmmuGranule.Size64K)]
    public void The_halves_code_granules_differently(int code, SmmuGranule lower, SmmuGranule upper)
    {
        SmmuContextDescriptor descriptor = new(((ulong)code << 6) | ((ulong)code << 22), 0);
        Assert.Equal((lower, upper), (descriptor.LowerGranule, descriptor.UpperGranule));
    }

    public static TheoryData<string, SmmuContextDescriptor, SmmuStreamTableEntry, SmmuFeatures, SmmuContextError> Rules
    {
        get
        {
            SmmuFeatures stalls = Features with { StallModel = SmmuStallModel.StallOrTerminate };
            SmmuFeatures lpae = Features with { SupportsLpaeTables = true };
            SmmuFeatures httu0 = Features with { HardwareUpdate = SmmuHardwareUpdate.None };
            SmmuFeatures httu1 = Features with { HardwareUpdate = SmmuHardwareUpdate.AccessFlag };
            SmmuFeatures httu3 = Features with { HardwareUpdate = SmmuHardwareUpdate.TableAccessFlag };
            SmmuFeatures vax = Features with { VirtualAddressCode = 1 };
            SmmuFeatures wide = vax with { OutputAddressSize = SmmuAddressSize.Bits52 };
            SmmuFeatures large = wide with { SupportsLargeAddresses = true };
            SmmuFeatures small = Features with { SupportsSmallTables = true };
            SmmuFeatures bigEndian = Features with { TableEndianness = SmmuTableEndianness.Big };
            SmmuStreamTableEntry el2 = Stream with { StreamWorld = SmmuStreamWorld.El2 };
            SmmuStreamTableEntry nested = Stream.Over(SmmuStreamTableEntry.ForStage2(default, 1, SmmuGranule.Size4K, 40, 2, SmmuAddressSize.Bits48));
            SmmuContextDescriptor plain = Lower with { AccessFlagIsUpdated = false, DirtyIsUpdated = false };
            SmmuContextDescriptor both = Lower with { UpperIsDisabled = false, UpperSizeOffset = 16, UpperGranule = SmmuGranule.Size4K };
            SmmuContextDescriptor neither = Lower with { LowerIsDisabled = true };
            SmmuContextDescriptor wide64 = Lower with { LowerGranule = SmmuGranule.Size64K, OutputSize = SmmuAddressSize.Bits52 };
            return new()
            {
                { "V", Lower with { IsValid = false }, Stream, Features, SmmuContextError.NotValid },
                { "S under S1STALLD", Lower with { Stalls = true }, Stream with { Stage1StallIsDisabled = true }, stalls, SmmuContextError.StallDisabledByStream },
                { "S", Lower with { Stalls = true }, Stream, stalls, SmmuContextError.None },
                { "A TERM_MODEL", Lower with { FaultsAbort = false }, Stream, Features with { AlwaysAborts = true }, SmmuContextError.AbortRequired },
                { "A", Lower with { FaultsAbort = false }, Stream, Features, SmmuContextError.None },
                { "S never", Lower with { Stalls = true }, Stream, Features, SmmuContextError.StallUnsupported },
                { "S forced", Lower, Stream, Features with { StallModel = SmmuStallModel.StallOnly }, SmmuContextError.StallRequired },
                { "ENDI big", Lower with { IsBigEndian = true }, Stream, Features, SmmuContextError.EndiannessUnsupported },
                { "ENDI little", Lower, Stream, bigEndian, SmmuContextError.EndiannessUnsupported },
                { "ENDI ignored", neither, Stream, bigEndian, SmmuContextError.None },
                { "LPAE absent", plain with { Is64Bit = false }, Stream, Features, SmmuContextError.TableFormatUnsupported },
                { "LPAE", Lower with { Is64Bit = false }, Stream, lpae, SmmuContextError.None },
                { "64-bit absent", Lower, Stream, lpae with { Supports64BitTables = false }, SmmuContextError.TableFormatUnsupported },
                { "64-bit over LPAE", Lower, nested with { Stage2Is64Bit = false }, lpae, SmmuContextError.TableFormatUnsupported },
                { "64-bit over 64-bit", Lower, nested, lpae, SmmuContextError.None },
                { "HA HTTU 0", plain with { AccessFlagIsUpdated = true }, Stream, httu0, SmmuContextError.HardwareUpdateUnsupported },
                { "HD HTTU 0", plain with { DirtyIsUpdated = true }, Stream, httu0, SmmuContextError.HardwareUpdateUnsupported },
                { "none HTTU 0", plain, Stream, httu0, SmmuContextError.None },
                { "HD HTTU 1", Lower, Stream, httu1, SmmuContextError.DirtyUpdateUnsupported },
                { "HA HTTU 1", plain with { AccessFlagIsUpdated = true }, Stream, httu1, SmmuContextError.None },
                { "HD alone", plain with { DirtyIsUpdated = true }, Stream, Features, SmmuContextError.None },
                { "HAFT alone", plain with { TableAccessFlagIsUpdated = true }, Stream, httu3, SmmuContextError.TableAccessFlagAlone },
                { "HAFT", Lower with { TableAccessFlagIsUpdated = true }, Stream, httu3, SmmuContextError.None },
                { "HAFT HTTU 2", plain with { TableAccessFlagIsUpdated = true }, Stream, Features, SmmuContextError.None },
                { "ASID 9 bits", Lower, Stream, Features with { Supports16BitAsid = false }, SmmuContextError.AsidTooLarge },
                { "ASID 8 bits", Lower with { Asid = 0xFF }, Stream, Features with { Supports16BitAsid = false }, SmmuContextError.None },
                { "ASID ignored in EL2", Lower, el2, Features with { Supports16BitAsid = false }, SmmuContextError.None },
                { "T0SZ 15", Lower with { LowerSizeOffset = 15 }, Stream, Features, SmmuContextError.InputSizeOutOfRange },
                { "T0SZ 39", Lower with { LowerSizeOffset = 39 }, Stream, Features, SmmuContextError.None },
                { "T0SZ 40", Lower with { LowerSizeOffset = 40 }, Stream, Features, SmmuContextError.InputSizeOutOfRange },
                { "T0SZ 48 small", Lower with { LowerSizeOffset = 48 }, Stream, small, SmmuContextError.None },
                { "T0SZ 49 small", Lower with { LowerSizeOffset = 49 }, Stream, small, SmmuContextError.InputSizeOutOfRange },
                { "T0SZ 48 small 64K", Lower with { LowerSizeOffset = 48, LowerGranule = SmmuGranule.Size64K }, Stream, small, SmmuContextError.InputSizeOutOfRange },
                { "T0SZ 12 64K", wide64 with { LowerSizeOffset = 12 }, Stream, vax, SmmuContextError.None },
                { "T0SZ 11 64K", wide64 with { LowerSizeOffset = 11 }, Stream, vax, SmmuContextError.InputSizeOutOfRange },
                { "T0SZ 12 64K without VAX", wide64 with { LowerSizeOffset = 12 }, Stream, Features, SmmuContextError.InputSizeOutOfRange },
                { "T0SZ 12 4K", Lower with { LowerSizeOffset = 12 }, Stream, vax, SmmuContextError.InputSizeOutOfRange },
                { "T0SZ 12 4K DS", Lower with { LowerSizeOffset = 12, HasLargeAddresses = true }, Stream, large, SmmuContextError.None },
                { "T0SZ ignored", neither with { LowerSizeOffset = 0 }, Stream, Features, SmmuContextError.None },
                { "T1SZ 15", both with { UpperSizeOffset = 15 }, Stream, Features, SmmuContextError.InputSizeOutOfRange },
                { "both halves", both, Stream, Features, SmmuContextError.None },
                { "T1SZ ignored", Lower with { UpperSizeOffset = 0 }, Stream, Features, SmmuContextError.None },
                { "TG0 3", Lower with { LowerGranule = SmmuGranule.None }, Stream, Features, SmmuContextError.GranuleUnsupported },
                { "TG0 absent", Lower, Stream, Features with { Supports4K = false }, SmmuContextError.GranuleUnsupported },
                { "TG0 ignored", neither with { LowerGranule = SmmuGranule.None }, Stream, Features, SmmuContextError.None },
                { "TG1 0", both with { UpperGranule = SmmuGranule.None }, Stream, Features, SmmuContextError.GranuleUnsupported },
                { "TTB0 above IPS", Lower with { OutputSize = SmmuAddressSize.Bits32 }, Stream, Features, SmmuContextError.TableOutOfRange },
                { "TTB0 above OAS", Lower with { LowerTable = 1UL << 44 }, Stream, Features with { OutputAddressSize = SmmuAddressSize.Bits44 }, SmmuContextError.TableOutOfRange },
                { "TTB0 49 bits 4K", Lower with { LowerTable = 1UL << 48, OutputSize = SmmuAddressSize.Bits52 }, Stream, wide, SmmuContextError.TableOutOfRange },
                { "TTB0 49 bits 64K", wide64 with { LowerTable = 1UL << 48 }, Stream, wide, SmmuContextError.None },
                { "TTB0 ignored", neither with { LowerTable = 1UL << 51 }, Stream, Features, SmmuContextError.None },
                { "TTB1 above IPS", both with { UpperTable = 1UL << 48 }, Stream, Features, SmmuContextError.TableOutOfRange },
                { "EPD0 ignored in EL2", neither with { LowerSizeOffset = 0 }, el2, Features, SmmuContextError.InputSizeOutOfRange },
                { "TTB1 absent in EL2", both with { UpperSizeOffset = 0 }, el2, Features, SmmuContextError.None },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_descriptor_is_judged(string rule, SmmuContextDescriptor descriptor, SmmuStreamTableEntry stream, SmmuFeatures features, SmmuContextError error)
    {
        Assert.NotEmpty(rule);
        Assert.Equal(error, descriptor.Check(stream, features));
    }

    [Fact]
    public void A_host_at_EL2_has_two_halves_and_no_lpae()
    {
        SmmuStreamTableEntry el2 = Stream with { StreamWorld = SmmuStreamWorld.El2 };
        SmmuFeatures lpae = Features with { SupportsLpaeTables = true, Supports16BitAsid = false };
        Assert.Equal(SmmuContextError.None, (Lower with { UpperIsDisabled = false }).Check(el2, Features));
        Assert.Equal(SmmuContextError.InputSizeOutOfRange, (Lower with { UpperIsDisabled = false }).Check(el2, Features, el2IsHost: true));
        Assert.Equal(SmmuContextError.None, (Lower with { Is64Bit = false }).Check(el2, lpae));
        Assert.Equal(SmmuContextError.TableFormatUnsupported, (Lower with { Is64Bit = false }).Check(el2, lpae, el2IsHost: true));
        Assert.Equal(SmmuContextError.AsidTooLarge, Lower.Check(el2, lpae, el2IsHost: true));
    }

    // §5.2, S1Fmt: SubstreamID 0x12345 in a table of 2^20.
    [Theory]
    [InlineData(SmmuContextFormat.Linear, 0u, 0x12345u, 1u, 20)]
    [InlineData(SmmuContextFormat.TwoLevel4K, 0x48Du, 5u, 16384u, 6)]
    [InlineData(SmmuContextFormat.TwoLevel64K, 0x48u, 0x345u, 1024u, 10)]
    [InlineData(SmmuContextFormat.Reserved, 0u, 0x12345u, 1u, 20)]
    public void A_substream_splits_into_level_1_and_leaf_index(SmmuContextFormat format, uint level1, uint leaf, uint entries, int leafLog2)
    {
        SmmuContextTable table = new(0x1_0000_0000, 20, format);
        Pasid substream = new(0x12345);
        Assert.Equal((level1, leaf, entries, leafLog2), (table.Level1IndexOf(substream), table.LeafIndexOf(substream), table.Level1Entries, table.LeafLog2));
        Assert.True(table.Covers(new(Pasid.MaxValue)));
    }

    [Fact]
    public void Context_tables_are_aligned_to_their_size()
    {
        SmmuContextTable small = new(0x10_0040, 4, SmmuContextFormat.TwoLevel4K);
        Assert.Equal((1u, 0u, 5u), (small.Level1Entries, small.Level1IndexOf(new(5)), small.LeafIndexOf(new(5))));
        Assert.Equal(0x10_0040UL, small.Level1EntryOf(new(5)));
        Assert.Equal(0x10_0000UL + (5 * 64), (small with { Format = SmmuContextFormat.Linear }).LinearEntryOf(new(5)));
        Assert.Equal(0x10_0000UL + (2 * 8), new SmmuContextTable(0x10_0040, 11, SmmuContextFormat.TwoLevel4K).Level1EntryOf(new(130)));
        Assert.False(small.Covers(new(16)));
        Assert.True(small.Covers(new(15)));
        SmmuContextTable one = new(0x10_0040, 0, SmmuContextFormat.TwoLevel4K);
        Assert.False(one.IsTwoLevel || one.HasSubstreams || one.Covers(new(1)));
        Assert.Equal(0x10_0040UL, one.LinearEntryOf(default));
    }

    [Fact]
    public void A_part_without_substreams_sees_one_descriptor()
    {
        SmmuStreamTableEntry stream = SmmuStreamTableEntry.ForStage1(new(0x1000), 8, SmmuContextFormat.TwoLevel4K);
        Assert.Equal(new SmmuContextTable(0x1000, 8, SmmuContextFormat.TwoLevel4K), stream.ContextsOn(Features));
        Assert.Equal(new SmmuContextTable(0x1000, 0, SmmuContextFormat.Linear), stream.ContextsOn(Features with { SubstreamIdBits = 0 }));
    }

    // §5.3: V bit 0, L2Ptr bits 55:12.
    [Fact]
    public void A_first_level_entry_has_this_word()
    {
        SmmuContextLevel1 entry = new() { IsValid = true, LeafTable = 0x00AB_CDEF_0123_4000 };
        Assert.Equal(0x00AB_CDEF_0123_4001UL, entry.Word);
        Assert.Equal(0x00AB_CDEF_0123_4000UL + 192, entry.DescriptorAt(3));
        Assert.Equal(0x00FF_FFFF_FFFF_F000UL, new SmmuContextLevel1(ulong.MaxValue).LeafTable);
        Assert.True(entry.LeafIsOutOfRange(48));
        Assert.False(new SmmuContextLevel1(0x8000_0000_1001).LeafIsOutOfRange(48));
    }

    [Fact]
    public void Wrong_factory_input_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuContextDescriptor.ForLower(0, 0, SmmuGranule.Size4K, 65, default, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Lower with { LowerTable = 8 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Lower with { UpperTable = 1UL << 52 });
        Assert.Throws<ArgumentException>(() => SmmuContextDescriptor.Read(new ulong[7]));
        Assert.Throws<ArgumentException>(() => Lower.Write(new ulong[7]));
    }

    [Fact]
    public void Any_words_can_be_judged() =>
        Gen.Select(Gen.ULong.Array[8], Gen.ULong.Array[8], Gen.UInt.Array[4], Gen.Bool).Sample((words, streamWords, registers, host) =>
        {
            SmmuContextDescriptor descriptor = SmmuContextDescriptor.Read(words) with { IsValid = true };
            SmmuFeatures features = new(registers[0], registers[1], registers[2], registers[3]);
            _ = descriptor.Check(SmmuStreamTableEntry.Read(streamWords), features, host);
            _ = (descriptor.LowerGranule, descriptor.UpperGranule, descriptor.LowerTable, descriptor.UpperTable, descriptor.OutputSize.AddressBits);
            SmmuContextLevel1 level1 = new(words[1]);
            _ = (level1.LeafTable, level1.DescriptorAt(uint.MaxValue), level1.LeafIsOutOfRange(32));
        }, iter: 20_000);

    [Fact]
    public void A_changed_field_leaves_the_others() =>
        Gen.Select(Gen.ULong.Array[8], Gen.UShort, Gen.Bool, Gen.ULong).Sample((words, asid, flag, table) =>
        {
            SmmuContextDescriptor descriptor = SmmuContextDescriptor.Read(words);
            ulong root = table & 0x000F_FFFF_FFFF_FFF0;
            SmmuContextDescriptor changed = descriptor with { Asid = asid, DirtyIsUpdated = flag, AccessFlagIsUpdated = flag, UpperTable = root };
            Assert.Equal((asid, flag, flag, root), (changed.Asid, changed.DirtyIsUpdated, changed.AccessFlagIsUpdated, changed.UpperTable));
            Assert.Equal(0UL, (changed.Word0 ^ descriptor.Word0) & ~(0xFFFF_0000_0000_0000 | SmmuContextDescriptor.DirtyTrackingBits));
            Assert.Equal(0UL, (changed.Word2 ^ descriptor.Word2) & ~0x000F_FFFF_FFFF_FFF0UL);
            Assert.Equal(descriptor, changed with { Word0 = descriptor.Word0, Word2 = descriptor.Word2 });
        }, iter: 5_000);
}
