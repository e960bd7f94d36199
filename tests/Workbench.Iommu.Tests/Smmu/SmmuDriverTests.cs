using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Smmu;
using Xunit;

namespace Workbench.Iommu.Tests.Smmu;

/// <summary>The whole way: build, attach, map, access, scan, clear, invalidate. hardware.md 3.2 to 3.5.</summary>
public sealed class SmmuDriverTests
{
    private const ulong Page = 0x50_0000;

    public static TheoryData<string, int, int, bool> Machines()
    {
        TheoryData<string, int, int, bool> all = [];
        foreach (string model in new[] { "smmu", "smmu-s2" })
            foreach ((int granule, int bits) in new[] { (12, 32), (12, 39), (12, 42), (12, 48), (14, 36), (14, 39), (14, 47), (14, 48), (16, 32), (16, 42), (16, 48), (16, 52) })
                foreach (bool ranges in new[] { true, false }) all.Add(model, granule, bits, ranges);
        return all;
    }

    private static SmmuMachine Machine(string model, int granule, int bits, bool ranges = true) =>
        new(new() { Model = model, GranuleLog2 = granule, AddressBits = bits, SupportsRangeInvalidation = ranges });

    [Theory]
    [MemberData(nameof(Machines))]
    public void Every_shape_goes_the_whole_way(string model, int granule, int bits, bool ranges)
    {
        using SmmuMachine m = Machine(model, granule, bits, ranges);
        ulong page = 1UL << granule, top = Bits.Mask(bits) - (page - 1);
        m.Map(0, 0x1_0000_0000, page);
        m.Map(top, 0x2_0000_0000, page);
        Assert.Equal((FaultKind.None, 0x1_0000_0ABCUL), (m.Write(0xABC).Fault, m.Write(0xABC).Physical));
        Assert.Equal((FaultKind.None, 0x2_0000_0ABCUL), (m.Write(top + 0xABC).Fault, m.Write(top + 0xABC).Physical));
        Assert.Equal(FaultKind.NotPresent, m.Read(page).Fault);
        Assert.Equal(FaultKind.BeyondAddressWidth, m.Read(Bits.Mask(bits) + 1).Fault);
        InvalidationGather gather = new();
        Assert.Equal([(0UL, granule), (top >> 12, granule)], m.Scan(clear: true, gather));
        Assert.False(m.IsDirty(0) || m.IsDirty(top));
        Assert.InRange(m.Driver.Invalidate(m.Domain, gather), 2, 20);
        Assert.False(m.IsCached(0) || m.IsCached(top));
        m.Write(0xABC);
        Assert.True(m.IsDirty(0));
        Assert.False(m.IsDirty(top));
        Assert.Equal(SmmuCommandError.None, m.Unit.IllegalCommand);
    }

    [Theory]
    [InlineData("smmu", 12)]
    [InlineData("smmu", 16)]
    [InlineData("smmu-s2", 14)]
    public void Clear_without_invalidation_loses_the_next_write(string model, int granule)
    {
        using SmmuMachine m = Machine(model, granule, 48);
        m.Map(Page & ~Bits.Mask(16), 0x9_0000);
        m.Write(Page);
        InvalidationGather gather = new();
        Assert.Single(m.Scan(clear: true, gather));
        m.Hardware.Diagnose = true;
        Assert.True(m.Write(Page).Swallowed);
        Assert.Empty(m.Scan(clear: true));
        m.Driver.Invalidate(m.Domain, gather);
        Assert.False(m.Write(Page).Swallowed);
        Assert.Single(m.Scan(clear: true));
    }
}
