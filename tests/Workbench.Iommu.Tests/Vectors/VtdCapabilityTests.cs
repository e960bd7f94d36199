using CsCheck;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>CAP_REG and ECAP_REG. VT-d §11.4.2 and §11.4.3; hardware.md 2c, 2e, 2f.</summary>
public sealed class VtdCapabilityTests
{
    private static readonly VtdCapability Cap = VtdCapability.Default;
    private static readonly VtdExtendedCapability Ecap = VtdExtendedCapability.Default;

    // Read by a server's kernel, posted to the Linux iommu list: a part with 57-bit tables.
    [Fact]
    public void A_real_server_part_decodes()
    {
        VtdCapability cap = new(0x19ed_008c_4078_0c66);
        Assert.Equal(65536, cap.DomainCount);
        Assert.False(cap.CachesNotPresent);
        Assert.False(cap.RequiresWriteBufferFlush);
        Assert.False(cap.Supports(VtdAddressWidth.Bits39));
        Assert.True(cap.Supports(VtdAddressWidth.Bits48));
        Assert.True(cap.Supports(VtdAddressWidth.Bits57));
        Assert.Equal(57, cap.MaximumAddressBits);
        Assert.True(cap.SupportsZeroLengthRead);
        Assert.Equal(0x400, cap.FaultRecordOffsetBytes);
        Assert.True(cap.SupportsSecondStage2M);
        Assert.True(cap.SupportsSecondStage1G);
        Assert.True(cap.SupportsPageSelectiveInvalidation);
        Assert.Equal(1, cap.FaultRecordCount);
        Assert.Equal(45, cap.MaximumAddressMask);
        Assert.True(cap.DrainsWrites);
        Assert.True(cap.DrainsReads);
        Assert.True(cap.SupportsFirstStage1G);
        Assert.True(cap.SupportsFirstStage5Level);
        Assert.Empty(cap.Problems());
    }

    // Boot log of a server ("ver 6:0 cap 9ed008c40780466 ecap 3ee9e86f050df"): SSADS exists in shipped parts.
    [Fact]
    public void A_real_server_part_reports_second_stage_dirty_bits()
    {
        VtdExtendedCapability ecap = new(0x3_ee9e_86f0_50df);
        Assert.True(ecap.IsCoherent);
        Assert.True(ecap.SupportsQueuedInvalidation);
        Assert.True(ecap.SupportsDeviceTlb);
        Assert.True(ecap.SupportsPassThrough);
        Assert.True(ecap.SupportsSnoopControl);
        Assert.Equal(0x500, ecap.IotlbRegisterOffsetBytes);
        Assert.True(ecap.SupportsNesting);
        Assert.False(ecap.SupportsPageRequests);
        Assert.True(ecap.SupportsSupervisorRequests);
        Assert.True(ecap.SupportsNoWriteFlag);
        Assert.True(ecap.SupportsExtendedAccessed);
        Assert.Equal(20, ecap.PasidBits);
        Assert.False(ecap.SupportsPasid);
        Assert.True(ecap.SupportsPageRequestDrain);
        Assert.True(ecap.SupportsScalableMode);
        Assert.True(ecap.SupportsSecondStageDirty);
        Assert.True(ecap.SupportsSecondStage);
        Assert.True(ecap.SupportsFirstStage);
        Assert.True(ecap.SupportsSnoopedPageWalk);
        Assert.True(ecap.SupportsRequestPasid);
        Assert.Empty(ecap.Problems(new(0x09ed_008c_4078_0466)));
    }

    // Guest log of the recording intel-nvme-randrw: "cap d2008c222f0686 ecap f42", with caching mode.
    [Fact]
    public void The_recorded_emulated_part_decodes()
    {
        VtdCapability cap = new(0x00d2_008c_222f_0686);
        Assert.True(cap.CachesNotPresent);
        Assert.True(cap.Supports(VtdAddressWidth.Bits39));
        Assert.True(cap.Supports(VtdAddressWidth.Bits48));
        Assert.False(cap.Supports(VtdAddressWidth.Bits57));
        Assert.Equal(48, cap.MaximumAddressBits);
        Assert.Equal(0x220, cap.FaultRecordOffsetBytes);
        Assert.Equal(18, cap.MaximumAddressMask);
        Assert.Empty(cap.Problems());

        VtdExtendedCapability ecap = new(0xf42);
        Assert.True(ecap.SupportsQueuedInvalidation);
        Assert.True(ecap.SupportsPassThrough);
        Assert.Equal(0xF0, ecap.IotlbRegisterOffsetBytes);
        Assert.False(ecap.SupportsScalableMode);
        Assert.Empty(ecap.Problems(cap));
    }

    // Intel 82Q45 datasheet §12.2.2 prints this reset value and its fields.
    [Fact]
    public void The_82Q45_reset_value_decodes()
    {
        VtdCapability cap = new(0x00C9_0080_20E3_0272);
        Assert.Equal(256, cap.DomainCount);
        Assert.True(cap.RequiresWriteBufferFlush);
        Assert.Equal(36, cap.MaximumAddressBits);
        Assert.Equal(0x200, cap.FaultRecordOffsetBytes);
        Assert.True(cap.SupportsPageSelectiveInvalidation);
        Assert.Equal(9, cap.MaximumAddressMask);
        Assert.Equal(0, cap.SecondStageLargePages);
    }

    [Fact]
    public void The_default_part_is_legal_and_tracks_dirty_pages()
    {
        Assert.Empty(Cap.Problems());
        Assert.Empty(Ecap.Problems(Cap));
        Assert.False(Cap.CachesNotPresent);
        Assert.True(Cap.MaximumAddressMask >= 18);
        Assert.True(Ecap.SupportsSecondStageDirty);
        Assert.False(Ecap.SupportsFirstStage || Ecap.SupportsNesting || Ecap.SupportsDeviceTlb || Ecap.SupportsPageRequests);
    }

    [Fact]
    public void The_default_part_has_these_words()
    {
        Assert.Equal(0x00ed_008c_2278_0c06UL, Cap.Value);
        Assert.Equal(0x0003_6998_0000_0fc3UL, Ecap.Value);
    }

    [Theory]
    [InlineData(7, 14, 3, 18, "CAP.ND")]
    [InlineData(6, 0b1_0100, 3, 18, "CAP.SAGAW")]
    [InlineData(6, 0b0_0101, 3, 18, "CAP.SAGAW")]
    [InlineData(6, 14, 2, 18, "CAP.SSLPS")]
    [InlineData(6, 14, 7, 18, "CAP.SSLPS")]
    [InlineData(6, 14, 3, 8, "CAP.MAMV")]
    public void An_illegal_capability_is_named(int domains, int widths, int pages, int mask, string word)
    {
        VtdCapability cap = Cap with { DomainCountCode = domains, AddressWidths = widths, SecondStageLargePages = pages, MaximumAddressMask = mask };
        Assert.StartsWith(word, Assert.Single(cap.Problems()), StringComparison.Ordinal);
    }

    // hardware.md 2c [S*]: a part that reports SMPWCS clear must report SSADS clear.
    [Fact]
    public void Dirty_bits_need_snooped_walks() =>
        Assert.Contains("SMPWCS", Assert.Single((Ecap with { SupportsSnoopedPageWalk = false }).Problems(Cap)), StringComparison.Ordinal);

    [Fact]
    public void Everything_scalable_needs_scalable_mode() =>
        Assert.Equal(3, (Ecap with { SupportsScalableMode = false }).Problems(Cap).Count);

    [Fact]
    public void A_second_stage_needs_a_width() =>
        Assert.Contains("SAGAW", Assert.Single(Ecap.Problems(Cap with { AddressWidths = 0 })), StringComparison.Ordinal);

    [Fact]
    public void Other_illegal_extended_capabilities_are_named()
    {
        Assert.Single((Ecap with { SupportsQueuedInvalidation = false }).Problems(Cap));
        Assert.Single((Ecap with { SupportsNesting = true }).Problems(Cap));
        Assert.Single((Ecap with { PasidBits = 21 }).Problems(Cap));
        Assert.Single((Ecap with { SupportsSecondStage = false }).Problems(Cap));
    }

    [Theory]
    [InlineData(VtdTranslationType.Reserved, false)]
    [InlineData(VtdTranslationType.FirstStage, false)]
    [InlineData(VtdTranslationType.SecondStage, true)]
    [InlineData(VtdTranslationType.Nested, false)]
    [InlineData(VtdTranslationType.PassThrough, true)]
    [InlineData((VtdTranslationType)7, false)]
    public void The_default_part_supports_these_translation_types(VtdTranslationType type, bool supported) =>
        Assert.Equal(supported, Ecap.Supports(type));

    [Fact]
    public void Reserved_widths_are_neither_supported_nor_settable()
    {
        Assert.False(new VtdCapability(ulong.MaxValue).Supports((VtdAddressWidth)4));
        Assert.Throws<ArgumentOutOfRangeException>(() => Cap.With(VtdAddressWidth.Reserved, true));
    }

    [Fact]
    public void Offsets_off_16_bytes_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Cap with { FaultRecordOffsetBytes = 0x228 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Ecap with { IotlbRegisterOffsetBytes = 0xF8 });
    }

    [Fact]
    public void Capability_fields_round_trip() =>
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 31], Gen.Int[1, 64], Gen.Int[0, 1023], Gen.Int[0, 15], Gen.Int[1, 256], Gen.Int[0, 63], Gen.Bool)
            .Sample((domains, widths, bits, offset, pages, records, mask, flag) =>
            {
                VtdCapability cap = new()
                {
                    DomainCountCode = domains,
                    AddressWidths = widths,
                    MaximumAddressBits = bits,
                    FaultRecordOffsetBytes = offset * 16,
                    SecondStageLargePages = pages,
                    FaultRecordCount = records,
                    MaximumAddressMask = mask,
                    DrainsWrites = flag,
                };
                Assert.Equal((domains, widths, bits, offset * 16), (cap.DomainCountCode, cap.AddressWidths, cap.MaximumAddressBits, cap.FaultRecordOffsetBytes));
                Assert.Equal((pages, records, mask, flag), (cap.SecondStageLargePages, cap.FaultRecordCount, cap.MaximumAddressMask, cap.DrainsWrites));
            }, iter: 5_000);

    [Fact]
    public void Any_registers_can_be_judged() =>
        Gen.Select(Gen.ULong, Gen.ULong).Sample((cap, ecap) =>
        {
            _ = new VtdCapability(cap).Problems();
            _ = new VtdExtendedCapability(ecap).Problems(new(cap));
        }, iter: 5_000);
}
