using CsCheck;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Device and process contexts, and the rules of "Device-context configuration checks" and "Process-context configuration checks". hardware.md 4.2.</summary>
public sealed class RiscVContextTests
{
    private static readonly RiscVCapabilities Part = RiscVCapabilities.Default;
    private static readonly RiscVCapabilities AtsPart = Part with { SupportsAts = true, SupportsAtsGuestAddress = true };
    private static readonly RiscVCapabilities MsiPart = Part with { SupportsMsiTable = true };
    private static readonly RiscVDeviceContext Second = new()
    {
        IsValid = true,
        SecondStageMode = RiscVSecondStageMode.Sv48x4,
        SecondStageTable = new(0x8000_4000),
        Gscid = 0x1234,
    };

    [Fact]
    public void A_tracking_context_has_these_words()
    {
        RiscVDeviceContext context = Second with
        {
            FirstStageUpdateIsEnabled = true,
            SecondStageUpdateIsEnabled = true,
            Pscid = 0xABCDE,
            FirstStageMode = RiscVFirstStageMode.Sv57,
            FirstStageTable = 0x00FF_FFFF_FFFF_F000,
        };
        ulong[] words = new ulong[RiscVDeviceContext.BaseWordCount];
        context.Write(words);
        Assert.Equal([0x181UL, 0x9123_4000_0008_0004, 0xABCD_E000, 0xA000_0FFF_FFFF_FFFF], words);
        Assert.Equal(RiscVContextError.None, context.Check(Part));
        Assert.True(context.HasSecondStage);
        Assert.False(default(RiscVDeviceContext).HasSecondStage);
    }

    [Fact]
    public void An_extended_context_has_these_words()
    {
        RiscVDeviceContext context = Second with
        {
            MsiTableMode = RiscVMsiTableMode.Flat,
            MsiTable = new(0x1000),
            MsiAddressMask = 0xFF,
            MsiAddressPattern = 0x2_8000,
            HasProcessDirectory = true,
            ProcessDirectoryMode = RiscVProcessDirectoryMode.PD20,
            ProcessDirectory = 0x5000,
        };
        ulong[] words = new ulong[RiscVDeviceContext.ExtendedWordCount];
        context.Write(words);
        Assert.Equal([0x21UL, 0x9123_4000_0008_0004, 0, 0x3000_0000_0000_0005, 0x1000_0000_0000_0001, 0xFF, 0x2_8000, 0], words);
        Assert.Equal(RiscVContextError.None, context.Check(MsiPart));
    }

    [Fact]
    public void Sizes_agree()
    {
        Assert.Equal(32, RiscVDeviceContext.BaseSizeBytes);
        Assert.Equal(RiscVDeviceContext.BaseSizeBytes, 8 * RiscVDeviceContext.BaseWordCount);
        Assert.Equal(64, RiscVDeviceContext.ExtendedSizeBytes);
        Assert.Equal(RiscVDeviceContext.ExtendedSizeBytes, 8 * RiscVDeviceContext.ExtendedWordCount);
        Assert.Equal(16, RiscVProcessContext.SizeBytes);
        Assert.Equal(4096, RiscVProcessContext.SizeBytes * RiscVProcessContext.EntriesPerTable);
    }

    [Fact]
    public void A_process_context_has_these_words()
    {
        RiscVProcessContext context = new()
        {
            IsValid = true,
            SupervisorIsEnabled = true,
            SupervisorMayAccessUser = true,
            Pscid = 5,
            FirstStageMode = RiscVFirstStageMode.Sv39,
            FirstStageTable = 0x8000_1000,
        };
        Assert.Equal(new RiscVProcessContext(0x5007, 0x8000_0000_0008_0001), context);
        Assert.Equal(RiscVContextError.None, context.Check(Part));
    }

    // tc 23:12 and 63:32, ta 11:0 and 39:32, fsc 59:44; RCID and MCID (ta 63:40) without QOSID. tc 31:24 is custom.
    [Theory]
    [InlineData(0, 12, true)]
    [InlineData(0, 23, true)]
    [InlineData(0, 24, false)]
    [InlineData(0, 31, false)]
    [InlineData(0, 32, true)]
    [InlineData(0, 63, true)]
    [InlineData(2, 0, true)]
    [InlineData(2, 11, true)]
    [InlineData(2, 12, false)]
    [InlineData(2, 31, false)]
    [InlineData(2, 32, true)]
    [InlineData(2, 39, true)]
    [InlineData(2, 40, true)]
    [InlineData(2, 63, true)]
    [InlineData(3, 44, true)]
    [InlineData(3, 59, true)]
    [InlineData(3, 43, false)]
    public void Bits_the_base_format_leaves_out_are_reserved(int word, int bit, bool reserved)
    {
        ulong[] words = [1, 0, 0, 0];
        words[word] |= 1UL << bit;
        Assert.Equal(reserved ? RiscVContextError.ReservedBits : RiscVContextError.None, RiscVDeviceContext.Read(words).Check(Part));
    }

    // msiptp 59:44, mask and pattern from bit MGPAW - 12 up, the last word.
    [Theory]
    [InlineData(4, 44, true)]
    [InlineData(4, 59, true)]
    [InlineData(4, 43, false)]
    [InlineData(5, 46, false)]
    [InlineData(5, 47, true)]
    [InlineData(5, 63, true)]
    [InlineData(6, 46, false)]
    [InlineData(6, 47, true)]
    [InlineData(7, 0, true)]
    [InlineData(7, 63, true)]
    public void Bits_the_extended_format_leaves_out_are_reserved_on_a_part_with_msi_tables(int word, int bit, bool reserved)
    {
        ulong[] words = [1, 0, 0, 0, 0, 0, 0, 0];
        words[word] |= 1UL << bit;
        RiscVDeviceContext context = RiscVDeviceContext.Read(words);
        Assert.Equal(reserved ? RiscVContextError.ReservedBits : RiscVContextError.None, context.Check(MsiPart));
        Assert.Equal(RiscVContextError.None, context.Check(Part));
    }

    [Fact]
    public void Interrupt_file_pages_beyond_a_small_guest_are_reserved()
    {
        RiscVDeviceContext context = Second with { MsiAddressPattern = 1UL << 37 };
        Assert.Equal(RiscVContextError.None, context.Check(MsiPart with { SupportsSv57x4 = false }));
        RiscVDeviceContext small = context with { SecondStageMode = RiscVSecondStageMode.Sv39x4 };
        Assert.Equal(RiscVContextError.ReservedBits, small.Check(MsiPart with { SupportsSv57x4 = false, SupportsSv48x4 = false }));
    }

    [Fact]
    public void Qos_ids_need_their_capability()
    {
        RiscVDeviceContext context = Second with { Rcid = 0xFFF, Mcid = 0xFFF };
        Assert.Equal(RiscVContextError.ReservedBits, context.Check(Part));
        Assert.Equal(RiscVContextError.None, context.Check(Part with { SupportsQosIds = true }));
    }

    // tc bits: 1 EN_ATS, 2 EN_PRI, 3 T2GPA, 6 PRPR. The second column has a second stage, the third part has no T2GPA.
    [Theory]
    [InlineData(0x03UL, RiscVContextError.None)]
    [InlineData(0x07UL, RiscVContextError.None)]
    [InlineData(0x47UL, RiscVContextError.None)]
    [InlineData(0x0BUL, RiscVContextError.None)]
    [InlineData(0x05UL, RiscVContextError.PageRequestWithoutAts)]
    [InlineData(0x09UL, RiscVContextError.GuestAddressWithoutAts)]
    [InlineData(0x43UL, RiscVContextError.ResponsePasidWithoutPageRequest)]
    public void Ats_bits_need_each_other(ulong control, RiscVContextError error) =>
        Assert.Equal(error, (Second with { TranslationControl = control }).Check(AtsPart));

    [Theory]
    [InlineData(0x03UL)]
    [InlineData(0x05UL)]
    [InlineData(0x41UL)]
    public void Ats_bits_need_their_capability(ulong control) =>
        Assert.Equal(RiscVContextError.AtsUnsupported, (Second with { TranslationControl = control }).Check(Part));

    [Fact]
    public void Guest_addresses_need_their_capability_and_a_second_stage()
    {
        RiscVDeviceContext context = Second with { AtsIsEnabled = true, AtsReturnsGuestAddress = true };
        Assert.Equal(RiscVContextError.GuestAddressUnsupported, context.Check(Part with { SupportsAts = true }));
        Assert.Equal(RiscVContextError.GuestAddressWithoutSecondStage, (context with { SecondStage = 0 }).Check(AtsPart));
    }

    [Theory]
    [InlineData(0, RiscVContextError.None)]
    [InlineData(1, RiscVContextError.None)]
    [InlineData(2, RiscVContextError.None)]
    [InlineData(3, RiscVContextError.None)]
    [InlineData(4, RiscVContextError.ProcessDirectoryModeUnsupported)]
    [InlineData(8, RiscVContextError.ProcessDirectoryModeUnsupported)]
    [InlineData(15, RiscVContextError.ProcessDirectoryModeUnsupported)]
    public void A_process_directory_mode_is_judged(int mode, RiscVContextError error) =>
        Assert.Equal(error, (Second with { HasProcessDirectory = true, ProcessDirectoryMode = (RiscVProcessDirectoryMode)mode }).Check(Part));

    [Theory]
    [InlineData(0, RiscVContextError.None)]
    [InlineData(1, RiscVContextError.FirstStageModeUnsupported)]
    [InlineData(8, RiscVContextError.None)]
    [InlineData(9, RiscVContextError.None)]
    [InlineData(10, RiscVContextError.None)]
    [InlineData(11, RiscVContextError.FirstStageModeUnsupported)]
    [InlineData(14, RiscVContextError.FirstStageModeUnsupported)]
    public void A_first_stage_mode_is_judged(int mode, RiscVContextError error)
    {
        Assert.Equal(error, (Second with { FirstStageMode = (RiscVFirstStageMode)mode }).Check(Part));
        Assert.Equal(error, new RiscVProcessContext { FirstStageMode = (RiscVFirstStageMode)mode }.Check(Part));
    }

    [Theory]
    [InlineData(0, RiscVContextError.None)]
    [InlineData(7, RiscVContextError.SecondStageModeUnsupported)]
    [InlineData(8, RiscVContextError.None)]
    [InlineData(9, RiscVContextError.None)]
    [InlineData(10, RiscVContextError.None)]
    [InlineData(11, RiscVContextError.SecondStageModeUnsupported)]
    public void A_second_stage_mode_is_judged(int mode, RiscVContextError error) =>
        Assert.Equal(error, (Second with { SecondStageMode = (RiscVSecondStageMode)mode }).Check(Part));

    [Fact]
    public void Modes_that_are_not_offered_are_refused()
    {
        RiscVCapabilities none = default(RiscVCapabilities) with { Version = 0x10, PhysicalAddressBits = 56 };
        Assert.Equal(RiscVContextError.SecondStageModeUnsupported, Second.Check(none));
        RiscVDeviceContext first = new() { FirstStageMode = RiscVFirstStageMode.Sv39 };
        Assert.Equal(RiscVContextError.FirstStageModeUnsupported, first.Check(none));
        RiscVDeviceContext process = new() { HasProcessDirectory = true, ProcessDirectoryMode = RiscVProcessDirectoryMode.PD8 };
        Assert.Equal(RiscVContextError.ProcessDirectoryModeUnsupported, process.Check(none));
        Assert.Equal(RiscVContextError.FirstStageModeUnsupported, new RiscVProcessContext { FirstStageMode = RiscVFirstStageMode.Sv39 }.Check(none));
    }

    [Fact]
    public void A_default_process_needs_a_directory()
    {
        Assert.Equal(RiscVContextError.DefaultProcessWithoutDirectory, (Second with { DefaultProcessIsEnabled = true }).Check(Part));
        Assert.Equal(RiscVContextError.None, (Second with { DefaultProcessIsEnabled = true, HasProcessDirectory = true }).Check(Part));
    }

    [Theory]
    [InlineData(0x8000_0000UL, RiscVContextError.None)]
    [InlineData(0x8000_1000UL, RiscVContextError.SecondStageTableUnaligned)]
    [InlineData(0x8000_2000UL, RiscVContextError.SecondStageTableUnaligned)]
    [InlineData(0x8000_4000UL, RiscVContextError.None)]
    public void A_second_stage_root_is_aligned_to_16_KiB(ulong root, RiscVContextError error)
    {
        Assert.Equal(error, (Second with { SecondStageTable = new(root) }).Check(Part));
        Assert.Equal(RiscVContextError.None, (Second with { SecondStageTable = new(root), SecondStageMode = RiscVSecondStageMode.Bare }).Check(Part));
    }

    [Fact]
    public void Hardware_updates_need_their_capability()
    {
        RiscVCapabilities part = Part with { SupportsAccessedDirtyUpdate = false };
        Assert.Equal(RiscVContextError.UpdateUnsupported, (Second with { FirstStageUpdateIsEnabled = true }).Check(part));
        Assert.Equal(RiscVContextError.UpdateUnsupported, (Second with { SecondStageUpdateIsEnabled = true }).Check(part));
        Assert.Equal(RiscVContextError.None, Second.Check(part));
        Assert.Equal(RiscVContextError.None, (Second with { FirstStageUpdateIsEnabled = true }).Check(Part));
    }

    [Fact]
    public void A_byte_order_is_that_of_the_part()
    {
        RiscVDeviceContext big = Second with { IsBigEndian = true };
        RiscVFeatureControl control = new() { IsBigEndian = true };
        Assert.Equal(RiscVContextError.ByteOrderUnsupported, big.Check(Part));
        Assert.Equal(RiscVContextError.ByteOrderUnsupported, Second.Check(Part, control));
        Assert.Equal(RiscVContextError.None, big.Check(Part, control));
        Assert.Equal(RiscVContextError.None, big.Check(Part with { SupportsBothEndians = true }));
    }

    [Fact]
    public void A_width_is_that_of_the_guest_or_narrower()
    {
        RiscVCapabilities part = Part with { SupportsSv32 = true, SupportsSv32x4 = true };
        RiscVFeatureControl control = new() { IsGuest32Bit = true };
        RiscVDeviceContext narrow = Second with { Is32Bit = true, SecondStageMode = RiscVSecondStageMode.Sv39x4 };
        Assert.Equal(RiscVContextError.WidthUnsupported, narrow.Check(Part));
        Assert.Equal(RiscVContextError.None, narrow.Check(part));
        Assert.Equal(RiscVContextError.None, narrow.Check(part, control));
        Assert.Equal(RiscVContextError.WidthUnsupported, (narrow with { Is32Bit = false }).Check(part, control));
        Assert.Equal(RiscVContextError.SecondStageModeUnsupported, (narrow with { SecondStageMode = RiscVSecondStageMode.Sv48x4 }).Check(part, control));
        Assert.Equal(RiscVContextError.FirstStageModeUnsupported, (narrow with { FirstStageMode = RiscVFirstStageMode.Sv48 }).Check(part));
        Assert.Equal(RiscVContextError.FirstStageModeUnsupported, new RiscVProcessContext { FirstStageMode = RiscVFirstStageMode.Sv48 }.Check(part, is32Bit: true));
    }

    [Fact]
    public void An_msi_table_is_flat_and_needs_a_second_stage()
    {
        RiscVDeviceContext flat = Second with { MsiTableMode = RiscVMsiTableMode.Flat };
        Assert.Equal(RiscVContextError.None, flat.Check(MsiPart));
        Assert.Equal(RiscVContextError.MsiTableModeUnsupported, (flat with { MsiTableMode = (RiscVMsiTableMode)2 }).Check(MsiPart));
        Assert.Equal(RiscVContextError.MsiTableWithoutSecondStage, (flat with { SecondStage = 0 }).Check(MsiPart));
        Assert.Equal(RiscVContextError.None, (flat with { MsiTableMode = (RiscVMsiTableMode)2 }).Check(Part));
    }

    [Theory]
    [InlineData(0, 3, true)]
    [InlineData(0, 11, true)]
    [InlineData(0, 12, false)]
    [InlineData(0, 31, false)]
    [InlineData(0, 32, true)]
    [InlineData(0, 63, true)]
    [InlineData(1, 43, false)]
    [InlineData(1, 44, true)]
    [InlineData(1, 59, true)]
    public void Bits_a_process_context_leaves_out_are_reserved(int word, int bit, bool reserved)
    {
        ulong[] words = [1, 0];
        words[word] |= 1UL << bit;
        Assert.Equal(reserved ? RiscVContextError.ReservedBits : RiscVContextError.None, RiscVProcessContext.Read(words).Check(Part));
    }

    [Fact]
    public void Lengths_that_are_no_context_are_refused()
    {
        Assert.Throws<ArgumentException>(() => RiscVDeviceContext.Read(new ulong[5]));
        Assert.Throws<ArgumentException>(() => Second.Write(new ulong[3]));
        Assert.Throws<ArgumentException>(() => RiscVProcessContext.Read(new ulong[1]));
        Assert.Throws<ArgumentException>(() => default(RiscVProcessContext).Write(new ulong[1]));
    }

    [Theory]
    [InlineData(0x1800UL)]
    [InlineData(0x0100_0000_0000_0000UL)]
    public void An_address_that_is_no_page_below_2_to_56_is_refused(ulong address)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Second with { SecondStageTable = new(address) });
        Assert.Throws<ArgumentOutOfRangeException>(() => Second with { FirstStageTable = address });
        Assert.Throws<ArgumentOutOfRangeException>(() => new RiscVProcessContext { FirstStageTable = address });
    }

    [Fact]
    public void Any_words_can_be_judged_and_every_error_has_a_sentence() =>
        Gen.Select(Gen.ULong.Array[8], Gen.ULong, Gen.UInt).Sample((words, part, control) =>
        {
            RiscVDeviceContext context = RiscVDeviceContext.Read(words);
            RiscVContextError error = context.Check(new(part), new(control));
            Assert.Equal(error == RiscVContextError.None, context.Describe(error).Length == 0);
            foreach (RiscVContextError any in Enum.GetValues<RiscVContextError>())
                Assert.Equal(any == RiscVContextError.None, context.Describe(any).Length == 0);
            _ = RiscVProcessContext.Read(words).Check(new(part), control % 2 == 0);
            _ = context.FirstStageMode.AddressBits + context.SecondStageMode.AddressBits + context.ProcessDirectoryMode.ProcessIdBits;
        }, iter: 1_000);
}
