using CsCheck;
using Workbench.Iommu.Smmu;
using Workbench.Testing;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Command queue entries: words and fields. IHI 0070 chapter 4; hardware.md 3.5.</summary>
public sealed class SmmuCommandTests
{
    private static readonly Pasid Substream = new(0xABCDE);
    private static readonly SmmuTlbiRange Single = SmmuTlbiRange.Single(0xFFE7_4000);
    private static readonly SmmuTlbiRange Range = SmmuTlbiRange.Of(0xFFE0_0000, SmmuGranule.Size4K, 31, 19, 2);

    public static TheoryData<string, SmmuCommand, ulong, ulong> Words => new()
    {
        { "4.2.1", SmmuCommand.PrefetchConfig(0x0100), 0x0000_0100_0000_0001, 0 },
        { "4.2.1 SSV", SmmuCommand.PrefetchConfig(0x0100, Substream), 0x0000_0100_ABCD_E801, 0 },
        { "4.2.2", SmmuCommand.PrefetchAddress(0x0100, 0xFFE7_4000, 5, 9, Substream), 0x0000_0100_ABCD_E802, 0xFFE7_4125 },
        { "4.3.1", SmmuCommand.CfgiSte(0x1234_5678), 0x1234_5678_0000_0003, 1 },
        { "4.3.1 not leaf", SmmuCommand.CfgiSte(0x1234_5678, leafOnly: false), 0x1234_5678_0000_0003, 0 },
        { "4.3.2", SmmuCommand.CfgiSteRange(0x0100, 8), 0x0000_0100_0000_0004, 7 },
        { "4.3.6", SmmuCommand.CfgiAll(), 4, 31 },
        { "4.3.3", SmmuCommand.CfgiCd(0x0100, Substream), 0x0000_0100_ABCD_E005, 1 },
        { "4.3.3 not leaf", SmmuCommand.CfgiCd(0x0100, leafOnly: false), 0x0000_0100_0000_0005, 0 },
        { "4.3.4", SmmuCommand.CfgiCdAll(0x0100), 0x0000_0100_0000_0006, 0 },
        { "4.4.2.1", SmmuCommand.TlbiNhAll(0xBEEF), 0x0000_BEEF_0000_0010, 0 },
        { "4.4.2.2", SmmuCommand.TlbiNhAsid(0xBEEF, 0xCAFE), 0xCAFE_BEEF_0000_0011, 0 },
        { "4.4.2.4", SmmuCommand.TlbiNhVa(0xBEEF, 0xCAFE, Single, leafOnly: true), 0xCAFE_BEEF_0000_0012, 0xFFE7_4001 },
        { "4.4.2.4 range", SmmuCommand.TlbiNhVa(0xBEEF, 0xCAFE, Range), 0xCAFE_BEEF_0131_F012, 0xFFE0_0600 },
        { "4.4.2.3", SmmuCommand.TlbiNhVaa(0xBEEF, Range, leafOnly: true), 0x0000_BEEF_0131_F013, 0xFFE0_0601 },
        { "4.4.2.7", SmmuCommand.TlbiEl2All(), 0x20, 0 },
        { "4.4.2.10", SmmuCommand.TlbiEl2Asid(0xCAFE), 0xCAFE_0000_0000_0021, 0 },
        { "4.4.2.8", SmmuCommand.TlbiEl2Va(0xCAFE, Single), 0xCAFE_0000_0000_0022, 0xFFE7_4000 },
        { "4.4.2.9", SmmuCommand.TlbiEl2Vaa(Range), 0x0131_F023, 0xFFE0_0600 },
        { "4.4.3.2", SmmuCommand.TlbiS12VmAll(0xBEEF), 0x0000_BEEF_0000_0028, 0 },
        { "4.4.3.1", SmmuCommand.TlbiS2Ipa(0xBEEF, Single, leafOnly: true), 0x0000_BEEF_0000_002A, 0xFFE7_4001 },
        { "4.4.4.1", SmmuCommand.TlbiNsnhAll(), 0x30, 0 },
        { "4.5.1", SmmuCommand.AtcInvalidate(0x0100, 0xFFE7_4000, 14), 0x0000_0100_0000_0040, 0xFFE7_4002 },
        { "4.5.1 PASID", SmmuCommand.AtcInvalidate(0x0100, 0, 64, Substream, everyPasid: true), 0x0000_0100_ABCD_EA40, 52 },
        { "4.5.2", SmmuCommand.RespondToPages(0x0100, 0x1FF, SmmuPageResponse.Success, Substream), 0x0000_0100_ABCD_E841, 0x21FF },
        { "4.7.1 retry", SmmuCommand.Resume(0x0100, 0xBEEF, SmmuResumeAction.Retry), 0x0000_0100_0000_1044, 0xBEEF },
        { "4.7.1 abort", SmmuCommand.Resume(0x0100, 0xBEEF, SmmuResumeAction.Abort), 0x0000_0100_0000_2044, 0xBEEF },
        { "4.7.1 terminate", SmmuCommand.Resume(0x0100, 0xBEEF, SmmuResumeAction.Terminate), 0x0000_0100_0000_0044, 0xBEEF },
        { "4.7.2", SmmuCommand.StallTerminate(0x0100), 0x0000_0100_0000_0045, 0 },
        { "4.7.3", SmmuCommand.Sync(), 0x46, 0 },
        { "4.7.3 event", SmmuCommand.Sync(SmmuSyncSignal.Event), 0x2046, 0 },
        { "4.7.3 message", SmmuCommand.SyncWithMessage(new(0x8_7654_3214), 0xDEAD_BEEF), 0xDEAD_BEEF_0FC0_1046, 0x8_7654_3214 },
    };

    [Theory]
    [MemberData(nameof(Words))]
    public void A_command_has_these_words_and_is_legal(string section, SmmuCommand command, ulong word0, ulong word1)
    {
        Assert.NotEmpty(section);
        Assert.Equal(new SmmuCommand(word0, word1), command);
        ulong[] words = new ulong[SmmuCommand.WordCount];
        command.Write(words);
        Assert.Equal(command, SmmuCommand.Read(words));
        SmmuFeatures everything = SmmuFeatures.Default with
        {
            SupportsAts = true,
            SupportsPageRequests = true,
            StallModel = SmmuStallModel.StallOrTerminate,
        };
        Assert.Equal(SmmuCommandError.None, command.Check(everything));
        Assert.Equal(command, command.AsReadBy(everything));
    }

    [Fact]
    public void Fields_of_ones_read_back()
    {
        SmmuCommand ones = new(ulong.MaxValue, ulong.MaxValue);
        Assert.True(ones.IsSecureStream && ones.HasSubstream && ones.IsLeafOnly && ones.IsForEveryPasid && ones.HintIsFor128Bit);
        Assert.Equal((0xFF, Pasid.MaxValue, uint.MaxValue, 31), ((int)ones.Opcode, ones.Substream.Value, ones.StreamId, ones.StreamRange));
        Assert.Equal((0xFFFF, 0xFFFF, 31, 63, 3, SmmuGranule.Size64K), (ones.Vmid, ones.Asid, ones.Num, ones.Scale, ones.LevelHint, ones.Granule));
        Assert.Equal((31, 31, 63, 511, 0xFFFF), (ones.PrefetchSize, ones.PrefetchStride, ones.AtcSize, ones.PageRequestGroup, ones.StallTag));
        Assert.Equal((SmmuPageResponse.Reserved, SmmuResumeAction.RetryIgnoringAbort, SmmuSyncSignal.Reserved), (ones.PageResponse, ones.ResumeAction, ones.SyncSignal));
        Assert.Equal((3, 15, uint.MaxValue), (ones.MessageShareability, ones.MessageAttributes, ones.MessageData));
        Assert.Equal((0xFFFF_FFFF_FFFF_F000UL, 0x00FF_FFFF_FFFF_FFFCUL), (ones.Address, ones.MessageAddress.Value));
    }

    // One bit pattern per field, so that a shifted field is seen.
    [Theory]
    [InlineData(0x0000_0000_0000_0400UL, 0UL, nameof(SmmuCommand.IsSecureStream), 1UL)]
    [InlineData(0x0000_0000_0000_0800UL, 0UL, nameof(SmmuCommand.HasSubstream), 1UL)]
    [InlineData(0x0000_0000_0000_0200UL, 0UL, nameof(SmmuCommand.IsForEveryPasid), 1UL)]
    [InlineData(0x0000_0000_0001_F000UL, 0UL, nameof(SmmuCommand.Num), 31UL)]
    [InlineData(0x0000_0000_03F0_0000UL, 0UL, nameof(SmmuCommand.Scale), 63UL)]
    [InlineData(0x0000_0000_00C0_0000UL, 0UL, nameof(SmmuCommand.MessageShareability), 3UL)]
    [InlineData(0x0000_0000_0F00_0000UL, 0UL, nameof(SmmuCommand.MessageAttributes), 15UL)]
    [InlineData(0x0000_FFFF_0000_0000UL, 0UL, nameof(SmmuCommand.Vmid), 0xFFFFUL)]
    [InlineData(0xFFFF_0000_0000_0000UL, 0UL, nameof(SmmuCommand.Asid), 0xFFFFUL)]
    [InlineData(0UL, 0x3E0UL, nameof(SmmuCommand.PrefetchStride), 31UL)]
    [InlineData(0UL, 0x80UL, nameof(SmmuCommand.HintIsFor128Bit), 1UL)]
    [InlineData(0UL, 0x300UL, nameof(SmmuCommand.LevelHint), 3UL)]
    [InlineData(0UL, 0xC00UL, nameof(SmmuCommand.Granule), 3UL)]
    [InlineData(0UL, 0x3000UL, nameof(SmmuCommand.PageResponse), 3UL)]
    public void A_field_is_exactly_these_bits(ulong word0, ulong word1, string property, ulong value)
    {
        Assert.Equal(value, Value(new(word0, word1), property));
        Assert.Equal(0UL, Value(new(~word0, ~word1), property));

        static ulong Value(SmmuCommand command, string property) =>
            Convert.ToUInt64(typeof(SmmuCommand).GetProperty(property)!.GetValue(command), System.Globalization.CultureInfo.InvariantCulture);
    }

    // §4.3.2: 2^(Range+1) streams, the bottom Range+1 bits ignored; 31 is CFGI_ALL.
    [Theory]
    [InlineData(0, 0x1234_5678u, 0x1234_5679u)]
    [InlineData(1, 0x1234_5678u, 0x1234_567Bu)]
    [InlineData(7, 0x1234_5600u, 0x1234_56FFu)]
    [InlineData(30, 0x0000_0000u, 0x7FFF_FFFFu)]
    [InlineData(31, 0x0000_0000u, 0xFFFF_FFFFu)]
    public void A_stream_range_is_aligned_and_of_twice_its_power(int range, uint first, uint last)
    {
        SmmuCommand command = new(0x1234_5678_0000_0004, (ulong)range);
        Assert.Equal((first, last), (command.FirstStreamId, command.LastStreamId));
        Assert.Equal(SmmuCommandError.None, command.Check(SmmuFeatures.Default));
        Assert.Equal(new SmmuCommand(((ulong)first << 32) | 4, (ulong)range), SmmuCommand.CfgiSteRange(first, range + 1));
    }

    [Fact]
    public void Other_configuration_commands_name_one_stream()
    {
        SmmuCommand command = SmmuCommand.CfgiSte(0x1234_5678);
        Assert.Equal((0x1234_5678u, 0x1234_5678u), (command.FirstStreamId, command.LastStreamId));
    }

    [Fact]
    public void Wrong_factory_input_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuCommand.CfgiSteRange(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuCommand.CfgiSteRange(0, 33));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuCommand.CfgiSteRange(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuCommand.AtcInvalidate(0, 0x1000, 13));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuCommand.AtcInvalidate(0, 0, 11));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuCommand.AtcInvalidate(0, 0, 65));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuCommand.SyncWithMessage(new(2), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuCommand.PrefetchAddress(0, 0x800));
        Assert.Throws<ArgumentOutOfRangeException>(() => SmmuCommand.RespondToPages(0, 512, default));
        Assert.Throws<ArgumentException>(() => SmmuCommand.Read(new ulong[1]));
        Assert.Throws<ArgumentException>(() => SmmuCommand.Sync().Write(new ulong[1]));
    }

    [Fact]
    public void Any_words_can_be_judged() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Byte, Gen.UInt.Array[4], Gen.Bool).Sample((word0, word1, opcode, registers, reserved) =>
        {
            SmmuCommand command = new((word0 & ~0xFFUL) | opcode, word1);
            SmmuFeatures features = new(registers[0], registers[1], registers[2], registers[3]);
            _ = (command.Check(features, reserved), command.HasParameterOutOfRange(features));
            SmmuCommand seen = command.AsReadBy(features);
            Assert.Equal(seen, seen.AsReadBy(features));
            Assert.True(command.FirstByte <= command.LastByte && seen.FirstByte <= seen.LastByte);
            Assert.True(command.FirstStreamId <= command.LastStreamId);
            _ = (command.RangeIsUnpredictable, command.HintedLevel, command.MessageAddress, command.Substream, command.PageResponse);
        }, iter: 20_000);

    [Fact]
    public void Encoding_and_checking_allocate_nothing()
    {
        ulong[] words = new ulong[2];
        bool legal = Run(words);
        AllocationMeter meter = AllocationMeter.Start();
        legal &= Run(words);
        Assert.Equal(0, meter.Bytes);
        Assert.True(legal);

        static bool Run(ulong[] words)
        {
            SmmuFeatures features = SmmuFeatures.Default;
            bool legal = true;
            for (ulong page = 0; page < 100; page++)
            {
                SmmuCommand.TlbiNhVa(0, 1, SmmuTlbiRange.Of(page << 12, SmmuGranule.Size4K, 1, 0), leafOnly: true).Write(words);
                SmmuCommand back = SmmuCommand.Read(words);
                legal &= back.Check(features) == SmmuCommandError.None && back.LastByte == (page << 12) + 0x1FFF;
            }
            return legal;
        }
    }
}
