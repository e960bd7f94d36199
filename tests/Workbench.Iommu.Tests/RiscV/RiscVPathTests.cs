using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>The whole path of both models: build, attach, map, translate, scan, invalidate.</summary>
public sealed class RiscVPathTests
{
    [Theory]
    [InlineData("riscv", 39)]
    [InlineData("riscv", 48)]
    [InlineData("riscv", 57)]
    [InlineData("riscv-g", 39)]
    [InlineData("riscv-g", 48)]
    [InlineData("riscv-g", 57)]
    public void Every_width_maps_translates_and_harvests(string model, int bits)
    {
        using RiscVMachine m = new(model, new() { AddressBits = bits }, tracking: true);
        ulong top = m.Domain.Table.LastIova & ~0xFFFUL;
        foreach (ulong page in new ulong[] { 0, 0x5000, top })
        {
            m.Map(page, 0x9000 + page % 0x10000);
            Assert.Equal(0x9123 + page % 0x10000, m.Write(page + 0x123).Physical);
            Assert.Equal(TranslationSource.Iotlb, m.Write(page).Source);
            Assert.True(m.IsDirty(page) && m.IsAccessed(page));
        }
        InvalidationGather gather = new();
        Assert.Equal([0UL, 5, top >> 12], m.Scan(clear: true, gather).Select(r => r.FirstPage));
        m.Driver.Invalidate(m.Domain, gather);
        Assert.Empty(m.Scan(clear: true));
        m.Write(0x5000);
        Assert.Equal([(5UL, 12)], m.Scan(clear: true));
        Assert.Equal(0, m.Counters.Faults);
    }

    // Sv39 maps 38 bits of a driver's lower half; Sv39x4 all of its 41.
    [Theory]
    [InlineData("riscv", 39, 38)]
    [InlineData("riscv", 48, 47)]
    [InlineData("riscv", 57, 56)]
    [InlineData("riscv-g", 39, 41)]
    [InlineData("riscv-g", 48, 50)]
    [InlineData("riscv-g", 57, 59)]
    public void The_width_is_the_scheme_s(string model, int bits, int usable)
    {
        using RiscVMachine m = new(model, new() { AddressBits = bits });
        Assert.Equal(Bits.Mask(usable), m.Domain.Table.LastIova);
        Assert.Equal(MapResult.OutOfRange, m.Driver.Map(m.Domain, 1UL << usable, 0, 0x1000, Permission.Read, 12, new()));
        FaultKind beyond = model == "riscv" ? FaultKind.NotCanonical : FaultKind.BeyondAddressWidth;
        Assert.Equal((FaultKind.NotPresent, beyond), (m.Read(m.Domain.Table.LastIova).Fault, m.Read(1UL << usable).Fault));
    }

    [Theory]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void Every_size_of_leaf_maps_and_translates(string model)
    {
        using RiscVMachine m = new(model, new() { AddressBits = 57 }, tracking: true);
        foreach (int log2 in new[] { 12, 16, 21, 30, 39, 48 })
        {
            ulong size = 1UL << log2;
            m.Map(size, size, size, largest: log2);
            Assert.True(m.Domain.Table.TryGetLeaf(size, out _, out int found));
            Translation last = m.Write((2 * size) - 1);
            Assert.Equal((FaultKind.None, (2 * size) - 1, log2, log2), (last.Fault, last.Physical, (int)last.PageLog2, found));
        }
        Assert.Equal([12, 16, 21, 30, 39, 48], m.Scan(clear: true).Select(r => r.SizeLog2));
    }
}
