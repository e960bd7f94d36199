using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>Which descriptors each driver profile makes of a range. hardware.md §2f "Linux choice".</summary>
public sealed class ProfileTests
{
    private static VtdMachine Machine(string model, string profile, int mamv = 45) =>
        new(new() { Model = model, Profile = DriverProfile.Find(profile)!, LargestInvalidationMask = mamv });

    private static List<VtdDescriptor> Sent(VtdMachine m, Action act)
    {
        int head = m.Unit.QueueHead;
        act();
        List<VtdDescriptor> sent = [];
        for (int i = head; i != m.Unit.QueueHead; i = (i + 1) % m.Unit.QueueLength)
        {
            ulong at = m.Unit.QueueBase.Value + ((ulong)i * 32);
            sent.Add(new(m.Memory.Word(new(at)), m.Memory.Word(new(at + 8)), m.Memory.Word(new(at + 16)), m.Memory.Word(new(at + 24))));
        }
        return sent;
    }

    private static string Text(VtdDescriptor d) => (d.Type, d.GranularityCode) switch
    {
        (VtdDescriptorType.Iotlb, 3) => $"page 0x{d.Address:x}+{d.AddressMask}{(d.IsLeafOnly ? " IH" : "")}",
        (VtdDescriptorType.Iotlb, 2) => "domain",
        (VtdDescriptorType.PasidIotlb, 3) => $"PASID page 0x{d.Address:x}+{d.AddressMask}{(d.IsLeafOnly ? " IH" : "")}",
        (VtdDescriptorType.PasidIotlb, 2) => "PASID",
        _ => d.Type.ToString(),
    };

    // Pages 3 to 8: six pages, from 0x3000 to 0x8fff.
    [Theory]
    [InlineData("vtd", "linux", "page 0x0+4 IH, Wait")]
    [InlineData("vtd", "aligned", "page 0x0+4 IH, Wait")]
    [InlineData("vtd", "exact", "page 0x3000+0 IH, page 0x4000+2 IH, page 0x8000+0 IH, Wait")]
    [InlineData("vtd", "per-page", "page 0x3000+0 IH, page 0x4000+0 IH, page 0x5000+0 IH, page 0x6000+0 IH, page 0x7000+0 IH, page 0x8000+0 IH, Wait")]
    [InlineData("vtd", "whole-domain", "domain, Wait")]
    [InlineData("vtd-fs", "linux", "PASID page 0x0+4 IH, Wait")]
    [InlineData("vtd-fs", "exact", "PASID page 0x3000+0 IH, PASID page 0x4000+2 IH, PASID page 0x8000+0 IH, Wait")]
    [InlineData("vtd-fs", "whole-domain", "PASID, Wait")]
    public void A_range_becomes(string model, string profile, string expected)
    {
        using VtdMachine m = Machine(model, profile);
        Assert.Equal(expected, string.Join(", ", Sent(m, () => Assert.Equal(expected.Split(',').Length, m.Driver.InvalidateRange(m.Domain, 0x3abc, 0x8123, leafOnly: true))).Select(Text)));
    }

    // MAMV binds type 2; type 6 takes any mask, and one of everything is said as all of the PASID.
    [Theory]
    [InlineData("vtd", "linux", 0x1F_FFFFUL, "page 0x0+9, Wait")]
    [InlineData("vtd", "linux", 0x20_0000UL, "domain, Wait")]
    [InlineData("vtd", "exact", 0x3F_FFFFUL, "domain, Wait")]
    [InlineData("vtd-fs", "linux", 0x20_0000UL, "PASID page 0x0+10, Wait")]
    [InlineData("vtd-fs", "linux", 0x7FFF_FFFF_FFFF_FFFFUL, "PASID page 0x0+51, Wait")]
    [InlineData("vtd-fs", "linux", 0x8000_0000_0000_0000UL, "PASID, Wait")]
    [InlineData("vtd-fs", "exact", ulong.MaxValue, "PASID, Wait")]
    public void Masks_end_at_MAMV_for_the_second_stage_only(string model, string profile, ulong last, string expected)
    {
        using VtdMachine m = Machine(model, profile, mamv: 9);
        Assert.Equal(expected, string.Join(", ", Sent(m, () => m.Driver.InvalidateRange(m.Domain, 0, last, leafOnly: false)).Select(Text)));
    }

    // 512 commands are the most of "per-page": more than the queue of 128 holds at once.
    [Theory]
    [InlineData("vtd", 512UL, 513)]
    [InlineData("vtd", 513UL, 2)]
    [InlineData("vtd-fs", 512UL, 513)]
    [InlineData("vtd-fs", 513UL, 2)]
    public void Beyond_the_most_commands_the_whole_domain_goes(string model, ulong pages, int commands)
    {
        using VtdMachine m = Machine(model, "per-page");
        m.Map(0, 0x4000_0000, pages << 12, largest: 12);
        m.Read((pages - 1) << 12);
        long before = m.Driver.CommandsSubmitted;
        Assert.Equal(commands, m.Driver.InvalidateRange(m.Domain, 0, (pages << 12) - 1, leafOnly: true));
        Assert.Equal(commands, m.Driver.CommandsSubmitted - before);
        Assert.Equal(TranslationSource.Walk, m.Read((pages - 1) << 12).Source);
    }

    [Fact]
    public void Per_leaf_goes_by_the_smallest_leaf_that_changed()
    {
        using VtdMachine m = Machine("vtd", "per-page");
        m.Map(0x20_0000, 0x4000_0000, 0x60_0000, largest: 21);
        InvalidationGather gather = new();
        m.Domain.Table.Unmap(0x20_0000, 0x60_0000, null, gather);
        Assert.Equal("page 0x200000+9, page 0x400000+9, page 0x600000+9, Wait", string.Join(", ", Sent(m, () => m.Driver.Invalidate(m.Domain, gather)).Select(Text)).Replace(" IH", "", StringComparison.Ordinal));
    }

    // CM: second-stage maps are flushed; a first stage does not cache what is not present.
    [Theory]
    [InlineData("vtd", false)]
    [InlineData("vtd-fs", true)]
    public void Caching_mode_makes_a_map_of_the_second_stage_an_invalidation(string model, bool isEmpty)
    {
        using VtdMachine m = new(new() { Model = model, CachesNotPresent = true });
        InvalidationGather gather = new();
        m.Driver.Map(m.Domain, 0x5000, 0x9000, 0x1000, Permission.ReadWrite, 12, gather);
        Assert.Equal(isEmpty, gather.IsEmpty);
    }
}
