using CsCheck;
using Workbench.Iommu.Amd;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>The extended feature register and the capability header. AMD IOMMU §3.4 and 3.2; hardware.md 0 and 1.</summary>
public sealed class AmdCapabilityTests
{
    // A server's kernel log: "Using global IVHD EFR:0x25bf732fa2295afe, EFR2:0x1d". HDSup exists in shipped parts.
    [Fact]
    public void A_real_server_part_reports_host_dirty_bits()
    {
        AmdExtendedFeatures features = new(0x25bf_732f_a229_5afe);
        Assert.True(features.SupportsHostAccessed && features.SupportsHostDirty);
        Assert.True(features.SupportsPageRequests && features.SupportsGuestTranslation && features.SupportsGuestProtection);
        Assert.True(features.SupportsInvalidateAll && features.SupportsGuestInterrupts);
        Assert.False(features.SupportsDeviceTlbInvalidationType || features.SupportsNestedPagingProtection);
        Assert.Equal((6, 5, 2, 16), (features.MaximumHostLevels, features.MaximumGuestLevels, features.MaximumGuestTableLevels, features.PasidBits));
        Assert.Empty(features.Problems());
    }

    // "Extended features (0x58f77ef22294ade): PPR X2APIC NX GT IA GA PC GA_vAPIC": accessed bits, but no dirty bits.
    [Fact]
    public void An_older_server_part_has_accessed_bits_only()
    {
        AmdExtendedFeatures features = new(0x058f_77ef_2229_4ade);
        Assert.True(features.SupportsHostAccessed);
        Assert.False(features.SupportsHostDirty);
        Assert.Equal((6, 4, 2, 16), (features.MaximumHostLevels, features.MaximumGuestLevels, features.MaximumGuestTableLevels, features.PasidBits));
        Assert.Empty(features.Problems());
    }

    // Guest log of the recording amd-nvme-randrw: "Extended features (0x29d3, 0x0): PreF PPR GT IA GA HE".
    [Fact]
    public void The_recorded_emulated_part_decodes()
    {
        AmdExtendedFeatures features = new(0x29d3);
        Assert.True(features.SupportsPageRequests && features.SupportsGuestTranslation && features.SupportsInvalidateAll && features.SupportsGuestInterrupts);
        Assert.False(features.SupportsHostAccessed || features.SupportsHostDirty || features.SupportsGuestProtection);
        Assert.Equal((6, 6, 1, 1), (features.MaximumHostLevels, features.MaximumGuestLevels, features.MaximumGuestTableLevels, features.PasidBits));
        Assert.Empty(features.Problems());
    }

    [Fact]
    public void The_default_part_tracks_dirty_pages_and_is_legal()
    {
        Assert.Equal(0x0012_0000_0000_0840UL, AmdExtendedFeatures.Default.Value);
        Assert.Empty(AmdExtendedFeatures.Default.Problems());
    }

    [Theory]
    [InlineData(0x0010_0000_0000_0000UL, "HDSup needs HASup")]
    [InlineData(0x0000_0000_0000_0C00UL, "HATS is 3")]
    [InlineData(0x0001_0000_0000_0000UL, "GIoSup needs GTSup")]
    [InlineData(0x0000_0000_0000_3010UL, "GATS is 3")]
    [InlineData(0x0000_0000_0000_C010UL, "GLXSup is 3")]
    [InlineData(0x0000_0014_0000_0010UL, "PASmax offers 21 PASID bits")]
    public void An_illegal_combination_is_named(ulong value, string expected) =>
        Assert.Contains(expected, Assert.Single(new AmdExtendedFeatures(value).Problems()), StringComparison.Ordinal);

    [Theory]
    [InlineData(0x0000_0013_0000_0010UL)]
    [InlineData(0x0000_001F_0000_F000UL)] // the guest fields mean nothing without GTSup
    [InlineData(0x0002_0000_0000_0000UL)]
    [InlineData(0x0012_0000_0000_0000UL)]
    public void A_legal_combination_has_no_problems(ulong value) => Assert.Empty(new AmdExtendedFeatures(value).Problems());

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 5)]
    [InlineData(2, 6)]
    [InlineData(3, 0)]
    public void Size_codes_are_levels(int code, int levels)
    {
        Assert.Equal(levels, new AmdExtendedFeatures { HostTranslationSizeCode = code }.MaximumHostLevels);
        Assert.Equal(levels, new AmdExtendedFeatures { GuestTranslationSizeCode = code }.MaximumGuestLevels);
        Assert.Equal(levels == 0 ? 0 : levels - 3, new AmdExtendedFeatures { GuestTableSizeCode = code }.MaximumGuestTableLevels);
    }

    [Fact]
    public void The_default_header_has_this_word()
    {
        AmdCapabilityHeader header = AmdCapabilityHeader.Default;
        Assert.Equal(0x080B_000Fu, header.Value);
        Assert.Equal(0x0C0B_000Fu, (header with { CachesNotPresent = true }).Value);
        Assert.Equal(0x090B_000Fu, (header with { SupportsDeviceTlb = true }).Value);
    }

    // A desktop part's configuration space in a firmware report: offset 0x40 holds 0f 64 0b 19.
    [Fact]
    public void A_real_header_decodes()
    {
        AmdCapabilityHeader header = new(0x190B_640F);
        Assert.Equal((0x0F, 0x64, 3, 1), ((int)header.CapabilityId, (int)header.NextOffsetBytes, header.Type, header.Revision));
        Assert.True(header.SupportsDeviceTlb && header.HasExtendedFeatures);
        Assert.False(header.CachesNotPresent);
    }

    [Fact]
    public void Any_register_can_be_judged() =>
        Gen.ULong.Sample(value =>
        {
            AmdExtendedFeatures features = new(value);
            Assert.DoesNotContain("", features.Problems());
            Assert.InRange(features.MaximumHostLevels, 0, 6);
            Assert.InRange(features.MaximumGuestLevels, 0, 6);
            Assert.InRange(features.MaximumGuestTableLevels, 0, 3);
            Assert.InRange(features.PasidBits, 1, 32);
        }, iter: 5_000);
}
