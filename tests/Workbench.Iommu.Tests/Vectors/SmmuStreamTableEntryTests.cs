using CsCheck;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Stream table entries. IHI 0070 §5.2; hardware.md 3.2.</summary>
public sealed class SmmuStreamTableEntryTests
{
    private static readonly SmmuFeatures Features = SmmuFeatures.Default;

    private static readonly SmmuStreamTableEntry Stage1 =
        SmmuStreamTableEntry.ForStage1(new(0x1_2345_6000), 20, SmmuContextFormat.TwoLevel64K, SmmuDefaultSubstream.UseContext0);

    private static readonly SmmuStreamTableEntry Stage2 =
        SmmuStreamTableEntry.ForStage2(new(0x8_7654_0000), 0xABCD, SmmuGranule.Size4K, 48, 3, SmmuAddressSize.Bits48, tracksDirty: true);

    // V, Config 101, S1Fmt 10, S1ContextPtr, S1CDMax 20; S1DSS 10, S1CIR 1, S1COR 1, S1CSH 3, SHCFG 1.
    [Fact]
    public void A_stage_1_entry_has_these_words()
    {
        Assert.Equal(new SmmuStreamTableEntry(0xA000_0001_2345_602B, 0x0000_1000_0000_00D6), Stage1);
        Assert.Equal(SmmuStreamError.None, Stage1.Check(Features));
    }

    // T0SZ 16, SL0 2, IR0 1, OR0 1, SH0 3, TG 0, PS 5, AA64, HD, HA, R.
    [Fact]
    public void A_stage_2_entry_has_these_words()
    {
        Assert.Equal(new SmmuStreamTableEntry(0xD, 0x0000_1000_0000_0000, 0x058D_3590_0000_ABCD, 0x8_7654_0000), Stage2);
        Assert.Equal(SmmuStreamError.None, Stage2.Check(Features));
        Assert.True(Stage2.Stage2TracksDirty);
    }

    [Fact]
    public void Abort_and_bypass_have_these_words()
    {
        Assert.Equal(new SmmuStreamTableEntry(1, 0), SmmuStreamTableEntry.ForAbort());
        Assert.Equal(new SmmuStreamTableEntry(9, 0x0000_1000_0000_0000), SmmuStreamTableEntry.ForBypass());
    }

    [Fact]
    public void Nesting_takes_stage_1_of_one_and_stage_2_of_the_other()
    {
        SmmuStreamTableEntry nested = Stage1.Over(Stage2 with { Stage2ForcesWriteBack = true });
        Assert.Equal(new SmmuStreamTableEntry(0xA000_0001_2345_602F, 0x0000_1000_0200_00D6, Stage2.Word2, Stage2.Word3), nested);
        Assert.Equal(SmmuStreamError.None, nested.Check(Features));
    }

    // One field set to ones (or to an address) in an empty entry; word and hex by hand from IHI 0070 §5.2.
    public static TheoryData<string, SmmuStreamTableEntry, int, ulong> Fields => new()
    {
        { "V", new() { IsValid = true }, 0, 0x1 },
        { "Config", new() { Config = SmmuStreamConfig.Nested }, 0, 0xE },
        { "S1Fmt", new() { ContextFormat = SmmuContextFormat.Reserved }, 0, 0x30 },
        { "S1ContextPtr", new() { ContextTable = 0x00FF_FFFF_FFFF_FFC0 }, 0, 0x00FF_FFFF_FFFF_FFC0 },
        { "S1CDMax", new() { ContextsLog2 = 31 }, 0, 0xF800_0000_0000_0000 },
        { "S1DSS", new() { DefaultSubstream = SmmuDefaultSubstream.Reserved }, 1, 0x3 },
        { "S1CIR", new() { ContextInnerCacheability = 3 }, 1, 0xC },
        { "S1COR", new() { ContextOuterCacheability = 3 }, 1, 0x30 },
        { "S1CSH", new() { ContextShareability = 3 }, 1, 0xC0 },
        { "CONT", new() { ContiguousLog2 = 15 }, 1, 0x1_E000 },
        { "PPAR", new() { AutoResponseHasPasid = true }, 1, 0x4_0000 },
        { "MEV", new() { EventsMayMerge = true }, 1, 0x8_0000 },
        { "S2FWB", new() { Stage2ForcesWriteBack = true }, 1, 0x0200_0000 },
        { "S1STALLD", new() { Stage1StallIsDisabled = true }, 1, 0x0800_0000 },
        { "EATS", new() { AtsMode = SmmuAtsMode.FullWithPermissionTable }, 1, 0x3000_0000 },
        { "STRW", new() { StreamWorld = SmmuStreamWorld.Reserved }, 1, 0xC000_0000 },
        { "MemAttr", new() { MemoryAttributes = 15 }, 1, 0xF_0000_0000 },
        { "MTCFG", new() { MemoryTypeIsReplaced = true }, 1, 0x10_0000_0000 },
        { "SHCFG", new() { ShareabilityCode = 3 }, 1, 0x3000_0000_0000 },
        { "PRIVCFG", new() { PrivilegeCode = 3 }, 1, 0x3_0000_0000_0000 },
        { "INSTCFG", new() { InstructionCode = 3 }, 1, 0xC_0000_0000_0000 },
        { "S2VMID", new() { Vmid = 0xFFFF }, 2, 0xFFFF },
        { "S2T0SZ", new() { Stage2SizeOffset = 63 }, 2, 0x3F_0000_0000 },
        { "S2SL0", new() { Stage2StartCode = 3 }, 2, 0xC0_0000_0000 },
        { "S2IR0", new() { Stage2InnerCacheability = 3 }, 2, 0x300_0000_0000 },
        { "S2OR0", new() { Stage2OuterCacheability = 3 }, 2, 0xC00_0000_0000 },
        { "S2SH0", new() { Stage2Shareability = 3 }, 2, 0x3000_0000_0000 },
        { "S2TG 64K", new() { Stage2Granule = SmmuGranule.Size64K }, 2, 0x4000_0000_0000 },
        { "S2TG 16K", new() { Stage2Granule = SmmuGranule.Size16K }, 2, 0x8000_0000_0000 },
        { "S2TG reserved", new() { Stage2Granule = SmmuGranule.None }, 2, 0xC000_0000_0000 },
        { "S2PS", new() { Stage2OutputSize = SmmuAddressSize.Bits56 }, 2, 0x7_0000_0000_0000 },
        { "S2AA64", new() { Stage2Is64Bit = true }, 2, 0x8_0000_0000_0000 },
        { "S2ENDI", new() { Stage2IsBigEndian = true }, 2, 0x10_0000_0000_0000 },
        { "S2AFFD", new() { Stage2IgnoresAccessFlag = true }, 2, 0x20_0000_0000_0000 },
        { "S2PTW", new() { Stage2ProtectsWalks = true }, 2, 0x40_0000_0000_0000 },
        { "S2HD", new() { Stage2DirtyIsUpdated = true }, 2, 0x80_0000_0000_0000 },
        { "S2HA", new() { Stage2AccessFlagIsUpdated = true }, 2, 0x100_0000_0000_0000 },
        { "S2S", new() { Stage2Stalls = true }, 2, 0x200_0000_0000_0000 },
        { "S2R", new() { Stage2FaultsAreRecorded = true }, 2, 0x400_0000_0000_0000 },
        { "S2HAFT", new() { Stage2TableAccessFlagIsUpdated = true }, 2, 0x800_0000_0000_0000 },
        { "S2SL0_2", new() { Stage2StartCodeHigh = true }, 3, 0x4 },
        { "S2DS", new() { Stage2HasLargeAddresses = true }, 3, 0x8 },
        { "S2TTB", new() { Stage2Table = new(0x000F_FFFF_FFFF_FFF0) }, 3, 0x000F_FFFF_FFFF_FFF0 },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_sets_its_bits_only(string field, SmmuStreamTableEntry entry, int word, ulong bits)
    {
        ulong[] words = new ulong[SmmuStreamTableEntry.WordCount];
        entry.Write(words);
        for (int i = 0; i < words.Length; i++)
            Assert.True((i == word ? bits : 0) == words[i], $"{field}: word {i} is {words[i]:x16}");
        Assert.Equal(entry, SmmuStreamTableEntry.Read(words));
    }

    [Theory]
    [InlineData(0, SmmuGranule.Size4K)]
    [InlineData(1, SmmuGranule.Size64K)]
    [InlineData(2, SmmuGranule.Size16K)]
    [InlineData(3, SmmuGranule.None)]
    public void A_stage_2_granule_code_is_read(int code, SmmuGranule granule) =>
        Assert.Equal(granule, new SmmuStreamTableEntry(0, 0, (ulong)code << 46).Stage2Granule);

    // §5.2, Config table: 0b0xx behaves as 0b000 and is not ILLEGAL.
    [Theory]
    [InlineData(0x1UL)]
    [InlineData(0x3UL)]
    [InlineData(0x5UL)]
    [InlineData(0x7UL)]
    public void Reserved_configurations_abort_and_are_legal(ulong word)
    {
        SmmuStreamTableEntry entry = new(word, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);
        Assert.True(entry.Aborts);
        Assert.False(entry.TranslatesStage1 || entry.TranslatesStage2);
        Assert.Equal(SmmuStreamError.None, entry.Check(new(0, 0, 0, 0)));
    }

    public static TheoryData<string, SmmuStreamTableEntry, SmmuFeatures, SmmuStreamError> Rules
    {
        get
        {
            SmmuFeatures stalls = Features with { StallModel = SmmuStallModel.StallOrTerminate };
            SmmuFeatures forced = Features with { StallModel = SmmuStallModel.StallOnly };
            SmmuFeatures ats = stalls with { SupportsAts = true };
            SmmuFeatures lpae = Features with { SupportsLpaeTables = true };
            SmmuFeatures small = Features with { SupportsSmallTables = true };
            SmmuFeatures wide = Features with { OutputAddressSize = SmmuAddressSize.Bits52 };
            SmmuFeatures large = wide with { SupportsLargeAddresses = true, VirtualAddressCode = 1 };
            SmmuStreamTableEntry nested = Stage1.Over(Stage2);
            SmmuStreamTableEntry plain = Stage2 with { Stage2AccessFlagIsUpdated = false, Stage2DirtyIsUpdated = false };
            SmmuStreamTableEntry flag = plain with { Stage2AccessFlagIsUpdated = true };
            SmmuStreamTableEntry big = Stage2 with { Stage2Granule = SmmuGranule.Size64K, Stage2StartCode = 2 };
            return new()
            {
                { "V", Stage1 with { IsValid = false }, Features, SmmuStreamError.NotValid },
                { "stage 1 absent", Stage1, Features with { SupportsStage1 = false }, SmmuStreamError.Stage1Unsupported },
                { "stage 2 absent", Stage2, Features with { SupportsStage2 = false }, SmmuStreamError.Stage2Unsupported },
                { "bypass needs no stage", SmmuStreamTableEntry.ForBypass(), default, SmmuStreamError.None },
                { "split ATS nested", nested with { AtsMode = SmmuAtsMode.SplitStage }, ats, SmmuStreamError.None },
                { "split ATS one stage", Stage1 with { AtsMode = SmmuAtsMode.SplitStage }, ats, SmmuStreamError.SplitStageAtsNotPossible },
                { "split ATS stalls", nested with { AtsMode = SmmuAtsMode.SplitStage, Stage2Stalls = true }, ats, SmmuStreamError.SplitStageAtsNotPossible },
                { "split ATS absent", nested with { AtsMode = SmmuAtsMode.SplitStage }, ats with { LacksSplitStageAts = true }, SmmuStreamError.SplitStageAtsNotPossible },
                { "EATS ignored without ATS", Stage1 with { AtsMode = SmmuAtsMode.SplitStage }, stalls, SmmuStreamError.None },
                { "full ATS stalls", Stage2 with { AtsMode = SmmuAtsMode.Full, Stage2Stalls = true }, ats, SmmuStreamError.AtsWithStall },
                { "full ATS stage 1", Stage1 with { AtsMode = SmmuAtsMode.Full, Stage2Stalls = true }, ats, SmmuStreamError.None },
                { "EL2", Stage1 with { StreamWorld = SmmuStreamWorld.El2 }, Features, SmmuStreamError.None },
                { "EL3", Stage1 with { StreamWorld = SmmuStreamWorld.El3 }, Features, SmmuStreamError.StreamWorldReserved },
                { "STRW 3", Stage1 with { StreamWorld = SmmuStreamWorld.Reserved }, Features, SmmuStreamError.StreamWorldReserved },
                { "STRW ignored with stage 2", nested with { StreamWorld = SmmuStreamWorld.Reserved }, Features, SmmuStreamError.None },
                { "STRW ignored without Hyp", Stage1 with { StreamWorld = SmmuStreamWorld.Reserved }, Features with { SupportsEl2 = false }, SmmuStreamError.None },
                { "S1STALLD no choice", Stage1 with { Stage1StallIsDisabled = true }, Features, SmmuStreamError.StallDisableNotPossible },
                { "S1STALLD choice", Stage1 with { Stage1StallIsDisabled = true }, stalls, SmmuStreamError.None },
                { "S1CDMax 21", Stage1 with { ContextsLog2 = 21 }, Features, SmmuStreamError.TooManyContexts },
                { "S1CDMax ignored", Stage1 with { ContextsLog2 = 21 }, Features with { SubstreamIdBits = 0 }, SmmuStreamError.None },
                { "two levels absent", Stage1, Features with { SupportsTwoLevelContexts = false }, SmmuStreamError.TwoLevelContextsUnsupported },
                { "S1Fmt 3 is linear", Stage1 with { ContextFormat = SmmuContextFormat.Reserved }, Features with { SupportsTwoLevelContexts = false }, SmmuStreamError.None },
                { "S1Fmt of one context", Stage1 with { ContextsLog2 = 0 }, Features with { SupportsTwoLevelContexts = false }, SmmuStreamError.None },
                { "S1ContextPtr 49 bits", Stage1 with { ContextTable = 1UL << 48 }, Features, SmmuStreamError.ContextTableOutOfRange },
                { "S1ContextPtr 48 bits", Stage1 with { ContextTable = 1UL << 47 }, Features, SmmuStreamError.None },
                { "S2FWB LPAE", plain with { Stage2Is64Bit = false, Stage2ForcesWriteBack = true }, lpae, SmmuStreamError.ForcedWriteBackWithLpae },
                { "S2S never", Stage2 with { Stage2Stalls = true }, Features, SmmuStreamError.StallUnsupported },
                { "S2S choice", Stage2 with { Stage2Stalls = true }, stalls, SmmuStreamError.None },
                { "S2S forced", Stage2, forced, SmmuStreamError.StallRequired },
                { "S2S ignored", Stage1, forced, SmmuStreamError.None },
                { "LPAE absent", plain with { Stage2Is64Bit = false }, Features, SmmuStreamError.TableFormatUnsupported },
                { "LPAE", plain with { Stage2Is64Bit = false }, lpae, SmmuStreamError.None },
                { "64-bit absent", plain, lpae with { Supports64BitTables = false }, SmmuStreamError.TableFormatUnsupported },
                { "S2HA HTTU 0", flag, Features with { HardwareUpdate = SmmuHardwareUpdate.None }, SmmuStreamError.HardwareUpdateUnsupported },
                { "S2HD HTTU 0", plain with { Stage2DirtyIsUpdated = true }, Features with { HardwareUpdate = SmmuHardwareUpdate.None }, SmmuStreamError.HardwareUpdateUnsupported },
                { "S2HA LPAE", flag with { Stage2Is64Bit = false }, lpae, SmmuStreamError.HardwareUpdateUnsupported },
                { "S2HD HTTU 1", Stage2, Features with { HardwareUpdate = SmmuHardwareUpdate.AccessFlag }, SmmuStreamError.DirtyUpdateUnsupported },
                { "S2HA HTTU 1", flag, Features with { HardwareUpdate = SmmuHardwareUpdate.AccessFlag }, SmmuStreamError.None },
                { "S2HD alone", plain with { Stage2DirtyIsUpdated = true }, Features, SmmuStreamError.None },
                { "S2HAFT alone", plain with { Stage2TableAccessFlagIsUpdated = true }, Features with { HardwareUpdate = SmmuHardwareUpdate.TableAccessFlag }, SmmuStreamError.TableAccessFlagAlone },
                { "S2HAFT HTTU 2", plain with { Stage2TableAccessFlagIsUpdated = true }, Features, SmmuStreamError.None },
                { "S2TG 3", Stage2 with { Stage2Granule = SmmuGranule.None }, Features, SmmuStreamError.GranuleUnsupported },
                { "S2TG absent", Stage2, Features with { Supports4K = false }, SmmuStreamError.GranuleUnsupported },
                { "S2TTB above PS", Stage2 with { Stage2OutputSize = SmmuAddressSize.Bits32 }, Features, SmmuStreamError.TableOutOfRange },
                { "S2TTB above OAS", Stage2 with { Stage2Table = new(1UL << 44), Stage2SizeOffset = 20 }, Features with { OutputAddressSize = SmmuAddressSize.Bits44 }, SmmuStreamError.TableOutOfRange },
                { "S2TTB 49 bits 4K", Stage2 with { Stage2Table = new(1UL << 48), Stage2OutputSize = SmmuAddressSize.Bits52 }, wide, SmmuStreamError.TableOutOfRange },
                { "S2TTB 49 bits 64K", big with { Stage2Table = new(1UL << 48), Stage2OutputSize = SmmuAddressSize.Bits52 }, wide, SmmuStreamError.None },
                { "S2TTB 49 bits DS", Stage2 with { Stage2Table = new(1UL << 48), Stage2OutputSize = SmmuAddressSize.Bits52, Stage2HasLargeAddresses = true }, large, SmmuStreamError.None },
                { "S2T0SZ 15", Stage2 with { Stage2SizeOffset = 15 }, wide, SmmuStreamError.InputSizeOutOfRange },
                { "S2T0SZ below IAS", Stage2 with { Stage2SizeOffset = 19 }, Features with { OutputAddressSize = SmmuAddressSize.Bits44 }, SmmuStreamError.InputSizeOutOfRange },
                { "S2T0SZ at IAS", Stage2 with { Stage2SizeOffset = 20 }, Features with { OutputAddressSize = SmmuAddressSize.Bits44 }, SmmuStreamError.None },
                { "S2T0SZ 12 64K", big with { Stage2SizeOffset = 12 }, wide, SmmuStreamError.None },
                { "S2T0SZ 11 64K", big with { Stage2SizeOffset = 11 }, wide, SmmuStreamError.InputSizeOutOfRange },
                { "S2T0SZ 40", Stage2 with { Stage2SizeOffset = 40, Stage2StartCode = 0 }, Features, SmmuStreamError.InputSizeOutOfRange },
                { "S2T0SZ 40 small", Stage2 with { Stage2SizeOffset = 40, Stage2StartCode = 0 }, small, SmmuStreamError.None },
                { "S2T0SZ 48 64K small", big with { Stage2SizeOffset = 48, Stage2StartCode = 0 }, small, SmmuStreamError.InputSizeOutOfRange },
                { "S2SL0 too high", Stage2 with { Stage2SizeOffset = 25 }, Features, SmmuStreamError.StartLevelInconsistent },
                { "S2SL0 lowest size", Stage2 with { Stage2SizeOffset = 24 }, Features, SmmuStreamError.None },
                { "S2SL0 concatenated", Stage2 with { Stage2SizeOffset = 21, Stage2StartCode = 1 }, Features, SmmuStreamError.None },
                { "S2SL0 17 tables", Stage2 with { Stage2SizeOffset = 20, Stage2StartCode = 1 }, Features, SmmuStreamError.StartLevelInconsistent },
                { "S2SL0 3 4K", Stage2 with { Stage2SizeOffset = 39, Stage2StartCode = 3 }, Features, SmmuStreamError.StartLevelInconsistent },
                { "S2SL0 3 4K small", Stage2 with { Stage2SizeOffset = 39, Stage2StartCode = 3 }, small, SmmuStreamError.None },
                { "level 0 with 42 bits", Stage2 with { Stage2SizeOffset = 22 }, Features with { OutputAddressSize = SmmuAddressSize.Bits42 }, SmmuStreamError.StartLevelInconsistent },
                { "16K level 1", Stage2 with { Stage2Granule = SmmuGranule.Size16K, Stage2StartCode = 2 }, Features, SmmuStreamError.None },
                { "16K level 1 with 40 bits", Stage2 with { Stage2Granule = SmmuGranule.Size16K, Stage2StartCode = 2, Stage2SizeOffset = 24 }, Features with { OutputAddressSize = SmmuAddressSize.Bits40 }, SmmuStreamError.StartLevelInconsistent },
                { "16K level 0 without DS", Stage2 with { Stage2Granule = SmmuGranule.Size16K, Stage2StartCode = 3 }, wide, SmmuStreamError.StartLevelInconsistent },
                { "16K level 0", Stage2 with { Stage2Granule = SmmuGranule.Size16K, Stage2StartCode = 3, Stage2HasLargeAddresses = true }, large, SmmuStreamError.None },
                { "64K SL0 3", big with { Stage2StartCode = 3 }, Features, SmmuStreamError.StartLevelInconsistent },
                { "64K level 1 with 42 bits", big with { Stage2SizeOffset = 22 }, Features with { OutputAddressSize = SmmuAddressSize.Bits42 }, SmmuStreamError.StartLevelInconsistent },
                { "level -1", Stage2 with { Stage2SizeOffset = 12, Stage2StartCode = 0, Stage2StartCodeHigh = true, Stage2HasLargeAddresses = true }, large, SmmuStreamError.None },
                { "level -1 ignored without DS", Stage2 with { Stage2SizeOffset = 30, Stage2StartCode = 0, Stage2StartCodeHigh = true, Stage2HasLargeAddresses = true }, Features, SmmuStreamError.None },
                { "S2ENDI big", Stage2 with { Stage2IsBigEndian = true }, Features, SmmuStreamError.EndiannessUnsupported },
                { "S2ENDI little", Stage2, Features with { TableEndianness = SmmuTableEndianness.Big }, SmmuStreamError.EndiannessUnsupported },
                { "S2ENDI mixed", Stage2 with { Stage2IsBigEndian = true }, Features with { TableEndianness = SmmuTableEndianness.Mixed }, SmmuStreamError.None },
                { "S2VMID 9 bits", Stage2, Features with { Supports16BitVmid = false }, SmmuStreamError.VmidTooLarge },
                { "S2VMID 8 bits", Stage2 with { Vmid = 0xFF }, Features with { Supports16BitVmid = false }, SmmuStreamError.None },
                { "S2VMID stage 1", Stage1 with { Vmid = 0x100 }, Features with { Supports16BitVmid = false }, SmmuStreamError.VmidTooLarge },
                { "S2VMID EL2", Stage1 with { Vmid = 0x100, StreamWorld = SmmuStreamWorld.El2 }, Features with { Supports16BitVmid = false }, SmmuStreamError.None },
                { "S2VMID bypass", SmmuStreamTableEntry.ForBypass() with { Vmid = 0x100 }, Features with { Supports16BitVmid = false }, SmmuStreamError.None },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void An_entry_is_judged(string rule, SmmuStreamTableEntry entry, SmmuFeatures features, SmmuStreamError error)
    {
        Assert.NotEmpty(rule);
        Assert.Equal(error, entry.Check(features));
    }

    // AArch64.S2StartLevel: the specification's start level is 3 minus the level here.
    [Theory]
    [InlineData(SmmuGranule.Size4K, 48, 3, 1)]
    [InlineData(SmmuGranule.Size4K, 40, 3, 1)]
    [InlineData(SmmuGranule.Size4K, 40, 2, 2)]
    [InlineData(SmmuGranule.Size4K, 43, 2, 16)]
    [InlineData(SmmuGranule.Size4K, 39, 2, 1)]
    [InlineData(SmmuGranule.Size4K, 52, 4, 1)]
    [InlineData(SmmuGranule.Size16K, 47, 2, 1)]
    [InlineData(SmmuGranule.Size16K, 48, 2, 2)]
    [InlineData(SmmuGranule.Size64K, 48, 2, 1)]
    [InlineData(SmmuGranule.Size4K, 39, 3, 0)]
    [InlineData(SmmuGranule.Size4K, 44, 2, 0)]
    public void A_start_level_and_a_size_need_so_many_root_tables(SmmuGranule granule, int inputBits, int rootLevel, int tables)
    {
        SmmuStreamTableEntry entry = SmmuStreamTableEntry.ForStage2(new(0x10_0000), 1, granule, inputBits, rootLevel, SmmuAddressSize.Bits48);
        Assert.Equal(rootLevel, entry.Stage2RootLevel);
        Assert.Equal(inputBits, entry.Stage2InputBits);
        Assert.Equal(tables, entry.Stage2RootTables);
    }

    [Fact]
    public void Wrong_factory_input_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuStreamTableEntry.ForStage2(default, 0, SmmuGranule.Size64K, 48, 3, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuStreamTableEntry.ForStage2(default, 0, SmmuGranule.Size4K, 0, 3, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuStreamTableEntry.ForStage1(new(0x20)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Stage1 with { ContextsLog2 = 32 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Stage1 with { ContextsLog2 = -1 });
        Assert.Throws<ArgumentException>(() => SmmuStreamTableEntry.Read(new ulong[7]));
        Assert.Throws<ArgumentException>(() => Stage1.Write(new ulong[7]));
    }

    [Fact]
    public void Any_words_can_be_judged() =>
        Gen.Select(Gen.ULong.Array[8], Gen.UInt.Array[4], Gen.Int[0, 7]).Sample((words, registers, config) =>
        {
            SmmuFeatures features = new(registers[0] | 3, registers[1], registers[2], registers[3]);
            SmmuStreamTableEntry entry = SmmuStreamTableEntry.Read(words) with { IsValid = true, Config = (SmmuStreamConfig)config };
            Assert.Equal(config, (int)entry.Config);
            bool legal = entry.Check(features) == SmmuStreamError.None;
            if (legal && entry.TranslatesStage2 && entry.Stage2Is64Bit && features.SupportsLargeAddresses)
                Assert.InRange(entry.Stage2RootTables, 1, 16);
            _ = (entry.Stage2RootLevel, entry.Stage2RootTables, entry.Stage2Table, entry.Stage2TracksDirty, entry.VmidIsUsed(features));
            SmmuContextTable table = entry.ContextsOn(features);
            Pasid substream = new((uint)(words[1] & Pasid.MaxValue));
            _ = (table.Level1EntryOf(substream), table.LinearEntryOf(substream), table.Covers(substream), table.LeafIndexOf(substream));
        }, iter: 20_000);

    [Fact]
    public void A_changed_field_leaves_the_others() =>
        Gen.Select(Gen.ULong.Array[8], Gen.UShort, Gen.Bool, Gen.Int[0, 63]).Sample((words, vmid, flag, size) =>
        {
            SmmuStreamTableEntry entry = SmmuStreamTableEntry.Read(words);
            SmmuStreamTableEntry changed = entry with { Vmid = vmid, Stage2DirtyIsUpdated = flag, Stage2SizeOffset = size, Stage1StallIsDisabled = flag };
            Assert.Equal((vmid, flag, size, flag), (changed.Vmid, changed.Stage2DirtyIsUpdated, changed.Stage2SizeOffset, changed.Stage1StallIsDisabled));
            Assert.Equal(0UL, (changed.Word2 ^ entry.Word2) & ~0x0080_003F_0000_FFFFUL);
            Assert.Equal(0UL, (changed.Word1 ^ entry.Word1) & ~0x0800_0000UL);
            Assert.Equal(entry, changed with { Word1 = entry.Word1, Word2 = entry.Word2 });
        }, iter: 5_000);
}
