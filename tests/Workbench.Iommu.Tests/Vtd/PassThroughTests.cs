using Workbench.Iommu.Faults;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>PGTT 4: no table, no dirty bits. hardware.md §2c.</summary>
public sealed class PassThroughTests
{
    private static readonly DomainId Id = new(30);

    [Fact]
    public void Addresses_are_used_as_they_are()
    {
        using VtdMachine m = new();
        m.Protocol.ConnectPassThrough(VtdMachine.Disk, null, Id);
        Assert.Equal(4UL << 6, m.PasidEntry(VtdMachine.Disk) & 0x1C0);
        Assert.Equal((0x123_4567_89ABUL, 0x5000UL), (m.Write(0x123_4567_89AB, VtdMachine.Disk).Physical, m.Read(0x5000, VtdMachine.Disk).Physical));
        Assert.Equal(0, m.Counters.TableReads);
    }

    [Fact]
    public void An_address_of_more_than_52_bits_is_too_large()
    {
        using VtdMachine m = new();
        m.Protocol.ConnectPassThrough(VtdMachine.Disk, null, Id);
        Assert.Equal(FaultKind.None, m.Write((1UL << 52) - 1, VtdMachine.Disk).Fault);
        m.Write(1UL << 52, VtdMachine.Disk);
        Assert.Equal(0x83, (int)m.TakeFault().Reason);
    }

    [Fact]
    public void Tracking_what_passes_through_is_refused_by_name()
    {
        using VtdMachine m = new();
        NotSupportedException refused = Assert.Throws<NotSupportedException>(() => m.Protocol.ConnectPassThrough(VtdMachine.Disk, null, Id, tracksDirty: true));
        Assert.Contains("PGTT = 4", refused.Message, StringComparison.Ordinal);
        Assert.Equal(FaultKind.ContextNotPresent, m.Read(0x5000, VtdMachine.Disk).Fault);
    }

    [Fact]
    public void It_needs_the_capability()
    {
        using VtdMachine m = VtdMachine.Of(extended: e => e with { SupportsPassThrough = false });
        Assert.Contains("ECAP.PT", Assert.Throws<NotSupportedException>(() => m.Protocol.ConnectPassThrough(VtdMachine.Disk, null, Id)).Message, StringComparison.Ordinal);
        m.PasidEntry(VtdMachine.Nic) = (4UL << 6) | 1;
        m.Read(0x5000);
        Assert.Equal(0x5B, (int)m.TakeFault().Reason);
    }

    [Fact]
    public void Taking_it_away_takes_effect_at_once()
    {
        using VtdMachine m = new();
        m.Protocol.ConnectPassThrough(VtdMachine.Disk, new Pasid(9), Id);
        Assert.Equal(0x5000UL, m.Access(0x5000, true, VtdMachine.Disk, 9).Physical);
        Assert.Throws<InvalidOperationException>(() => m.Protocol.ConnectPassThrough(VtdMachine.Disk, new Pasid(9), Id));
        m.Protocol.DisconnectPassThrough(VtdMachine.Disk, new Pasid(9), Id);
        Assert.Equal(FaultKind.PasidNotPresent, m.Access(0x5000, true, VtdMachine.Disk, 9).Fault);
    }
}
