using CsCheck;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Event records and page requests. IHI 0070 §7.3 and chapter 8.</summary>
public sealed class SmmuEventTests
{
    [Fact]
    public void A_stage_1_translation_fault_of_a_write_has_these_words()
    {
        SmmuEvent fault = SmmuEvent.Of(SmmuEventCode.Translation, 0x0100, new Pasid(0xABCDE)) with
        {
            Class = SmmuFaultClass.Input,
            InputAddress = 0xFFE7_4ABC,
        };
        Assert.Equal(new SmmuEvent(0x0000_0100_ABCD_E810, 0x0000_0200_0000_0000, 0xFFE7_4ABC), fault);
        Assert.True(fault.IsTranslationFault);
    }

    [Fact]
    public void A_stalled_stage_2_permission_fault_of_a_read_has_these_words()
    {
        SmmuEvent fault = SmmuEvent.Of(SmmuEventCode.Permission, 7) with
        {
            StallTag = 0x1234,
            IsStalled = true,
            IsPrivileged = true,
            IsRead = true,
            IsStage2 = true,
            Class = SmmuFaultClass.TableFetch,
            IsTableRead = true,
            InputAddress = ulong.MaxValue,
            IntermediateAddress = new(0x8_7654_3000),
        };
        Assert.Equal(new SmmuEvent(0x0000_0007_0000_0013, 0x0000_118A_8000_1234, ulong.MaxValue, 0x8_7654_3000), fault);
    }

    [Fact]
    public void Configuration_errors_name_the_stream()
    {
        Assert.Equal(new SmmuEvent(0x1234_5678_0000_0004, 0), SmmuEvent.Of(SmmuEventCode.BadSte, 0x1234_5678));
        Assert.Equal(new SmmuEvent(0x0000_0001_0000_280A, 0), SmmuEvent.Of(SmmuEventCode.BadCd, 1, new Pasid(2)));
        // §7.3.9: always a SubstreamID, no SSV.
        Assert.Equal(new SmmuEvent(0x0000_0001_0000_2008, 0), SmmuEvent.Of(SmmuEventCode.BadSubstreamId, 1, new Pasid(2)));
        Assert.False(SmmuEvent.Of(SmmuEventCode.BadCd, 1).IsTranslationFault);
    }

    public static TheoryData<string, SmmuEvent, int, ulong> Fields => new()
    {
        { "code", new() { Code = (SmmuEventCode)0xFF }, 0, 0xFF },
        { "SSV", new() { HasSubstream = true }, 0, 0x800 },
        { "SubstreamID", new() { Substream = new(Pasid.MaxValue) }, 0, 0xFFFF_F000 },
        { "StreamID", new() { StreamId = uint.MaxValue }, 0, 0xFFFF_FFFF_0000_0000 },
        { "STAG", new() { StallTag = 0xFFFF }, 1, 0xFFFF },
        { "Reason", new() { Reason = 0xFFFF }, 1, 0xFFFF },
        { "Stall", new() { IsStalled = true }, 1, 0x8000_0000 },
        { "PnU", new() { IsPrivileged = true }, 1, 0x2_0000_0000 },
        { "InD", new() { IsInstruction = true }, 1, 0x4_0000_0000 },
        { "RnW", new() { IsRead = true }, 1, 0x8_0000_0000 },
        { "NSIPA", new() { IsNonSecureAddress = true }, 1, 0x10_0000_0000 },
        { "S2", new() { IsStage2 = true }, 1, 0x80_0000_0000 },
        { "CLASS", new() { Class = SmmuFaultClass.Reserved }, 1, 0x300_0000_0000 },
        { "TTRnW", new() { IsTableRead = true }, 1, 0x1000_0000_0000 },
        { "InputAddr", new() { InputAddress = ulong.MaxValue }, 2, ulong.MaxValue },
        { "IPA", new() { IntermediateAddress = new(0x00FF_FFFF_FFFF_F000) }, 3, 0x00FF_FFFF_FFFF_F000 },
        { "FetchAddr", new() { FetchAddress = new(0x00FF_FFFF_FFFF_FFF8) }, 3, 0x00FF_FFFF_FFFF_FFF8 },
        { "Span", new() { HintPages = 0xFF }, 1, 0x000F_F000_0000_0000 },
        { "uX uW uR pX pW pR", new() { HintAccesses = 0x77 }, 1, 0xEE_0000_0000 },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_sets_its_bits_only(string field, SmmuEvent record, int word, ulong bits)
    {
        ulong[] words = new ulong[SmmuEvent.WordCount];
        record.Write(words);
        for (int i = 0; i < words.Length; i++)
            Assert.True((i == word ? bits : 0) == words[i], $"{field}: word {i} is {words[i]:x16}");
        Assert.Equal(record, SmmuEvent.Read(words));
    }

    [Fact]
    public void Every_field_reads_back()
    {
        SmmuEvent ones = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);
        Assert.True(ones.HasSubstream && ones.IsStalled && ones.IsPrivileged && ones.IsInstruction && ones.IsRead);
        Assert.True(ones.IsNonSecureAddress && ones.IsStage2 && ones.IsTableRead);
        Assert.Equal((0xFF, Pasid.MaxValue, uint.MaxValue, 0xFFFF, 0xFFFF), ((int)ones.Code, ones.Substream.Value, ones.StreamId, ones.StallTag, ones.Reason));
        Assert.Equal((SmmuFaultClass.Reserved, 0xFF, 0x7F, ulong.MaxValue), (ones.Class, ones.HintPages, ones.HintAccesses, ones.InputAddress));
        Assert.Equal((0x00FF_FFFF_FFFF_F000UL, 0x00FF_FFFF_FFFF_FFF8UL), (ones.IntermediateAddress.Value, ones.FetchAddress.Value));
    }

    [Theory]
    [InlineData(SmmuEventCode.UnsupportedTransaction, 0x01)]
    [InlineData(SmmuEventCode.BadStreamId, 0x02)]
    [InlineData(SmmuEventCode.SteFetch, 0x03)]
    [InlineData(SmmuEventCode.BadSte, 0x04)]
    [InlineData(SmmuEventCode.BadAtsRequest, 0x05)]
    [InlineData(SmmuEventCode.StreamDisabled, 0x06)]
    [InlineData(SmmuEventCode.TranslatedForbidden, 0x07)]
    [InlineData(SmmuEventCode.BadSubstreamId, 0x08)]
    [InlineData(SmmuEventCode.CdFetch, 0x09)]
    [InlineData(SmmuEventCode.BadCd, 0x0A)]
    [InlineData(SmmuEventCode.WalkAbort, 0x0B)]
    [InlineData(SmmuEventCode.Translation, 0x10)]
    [InlineData(SmmuEventCode.AddressSize, 0x11)]
    [InlineData(SmmuEventCode.Access, 0x12)]
    [InlineData(SmmuEventCode.Permission, 0x13)]
    [InlineData(SmmuEventCode.TlbConflict, 0x20)]
    [InlineData(SmmuEventCode.ConfigurationConflict, 0x21)]
    [InlineData(SmmuEventCode.PageRequestHint, 0x24)]
    [InlineData(SmmuEventCode.VmsFetch, 0x25)]
    public void An_event_has_this_number(SmmuEventCode code, int number)
    {
        Assert.Equal(number, (int)code);
        Assert.Equal(number is >= 0x10 and <= 0x13, SmmuEvent.Of(code, 0).IsTranslationFault);
    }

    // PRIQ positions [L]: SID 31:0, SSID 51:32, Priv 58, X 59, R 60, W 61, Last 62, SSV 63; PRGIndex 72:64, address 127:76.
    [Fact]
    public void A_page_request_has_these_words()
    {
        SmmuPageRequest request = new()
        {
            StreamId = 0x0100,
            Substream = new(0xABCDE),
            HasSubstream = true,
            WantsRead = true,
            WantsWrite = true,
            IsLast = true,
            Group = 0x1FF,
            Page = new(0xFFE7_4000),
        };
        Assert.Equal(new SmmuPageRequest(0xF00A_BCDE_0000_0100, 0xFFE7_41FF), request);
        ulong[] words = new ulong[2];
        request.Write(words);
        Assert.Equal(request, SmmuPageRequest.Read(words));
        Assert.Equal(0x0C00_0000_0000_0000UL, new SmmuPageRequest { IsPrivileged = true, WantsExecute = true }.Word0);
        Assert.Equal((0xABCDEu, 0x0100u, 0x1FF, 0xFFE7_4000UL), (request.Substream.Value, request.StreamId, request.Group, request.Page.Value));
        Assert.True(request.WantsRead && request.WantsWrite && request.HasSubstream && request.IsLast);
        Assert.False(request.IsPrivileged || request.WantsExecute || request.IsStopMarker);
    }

    [Fact]
    public void A_stop_marker_is_last_with_a_pasid_and_wants_nothing()
    {
        SmmuPageRequest marker = new() { HasSubstream = true, IsLast = true };
        Assert.True(marker.IsStopMarker);
        Assert.False((marker with { HasSubstream = false }).IsStopMarker);
        Assert.False((marker with { WantsRead = true }).IsStopMarker);
        Assert.False((marker with { IsLast = false }).IsStopMarker);
    }

    [Fact]
    public void Too_few_words_are_refused()
    {
        Assert.Throws<ArgumentException>(() => SmmuEvent.Read(new ulong[3]));
        Assert.Throws<ArgumentException>(() => SmmuPageRequest.Read(new ulong[1]));
        Assert.Throws<ArgumentException>(() => default(SmmuEvent).Write(new ulong[3]));
        Assert.Throws<ArgumentException>(() => default(SmmuPageRequest).Write(new ulong[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SmmuEvent { IntermediateAddress = new(0x800) });
    }

    [Fact]
    public void A_changed_field_leaves_the_others() =>
        Gen.Select(Gen.ULong.Array[4], Gen.UInt, Gen.Bool, Gen.UShort).Sample((words, stream, flag, tag) =>
        {
            SmmuEvent record = SmmuEvent.Read(words);
            SmmuEvent changed = record with { StreamId = stream, IsStalled = flag, StallTag = tag };
            Assert.Equal((stream, flag, tag), (changed.StreamId, changed.IsStalled, changed.StallTag));
            Assert.Equal(0UL, (changed.Word0 ^ record.Word0) & 0xFFFF_FFFF);
            Assert.Equal(0UL, (changed.Word1 ^ record.Word1) & ~0x8000_FFFFUL);
            Assert.Equal(record, changed with { Word0 = record.Word0, Word1 = record.Word1 });
            SmmuPageRequest request = SmmuPageRequest.Read(words);
            _ = (request.IsStopMarker, request.Page, request.Group, request.Substream);
            Assert.Equal(request.Word1 & ~0x1FFUL, (request with { Group = tag & 0x1FF }).Word1 & ~0x1FFUL);
        }, iter: 5_000);
}
