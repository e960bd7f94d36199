using CsCheck;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Vtd;
using Workbench.Testing;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Invalidation-queue descriptors. VT-d §6.5.2; hardware.md 2f [L].</summary>
public sealed class VtdDescriptorTests
{
    private static readonly VtdCapability Cap = VtdCapability.Default;
    private static readonly VtdExtendedCapability Ecap = VtdExtendedCapability.Default;
    private static readonly AlignedRange Pages4 = new(0xFFE7_4000, 2);

    [Fact]
    public void Iotlb_pages_of_domain_3_have_these_words()
    {
        Assert.Equal(new VtdDescriptor(0x0003_0032, 0xFFE7_4002), VtdDescriptor.IotlbPages(new(3), Pages4, drainWrites: false, drainReads: false));
        VtdDescriptor drained = VtdDescriptor.IotlbPages(new(3), Pages4, leafOnly: true);
        Assert.Equal(new VtdDescriptor(0x0003_00F2, 0xFFE7_4042), drained);
        Assert.Equal(VtdDescriptorType.Iotlb, drained.Type);
        Assert.Equal(VtdIotlbGranularity.Page, drained.IotlbGranularity);
        Assert.Equal(3, drained.DomainId.Value);
        Assert.Equal(0xFFE7_4000UL, drained.Address);
        Assert.Equal(2, drained.AddressMask);
        Assert.Equal(Pages4, drained.Range);
        Assert.True(drained.IsLeafOnly && drained.DrainsReads && drained.DrainsWrites);
    }

    [Fact]
    public void Iotlb_domain_and_global_have_these_words()
    {
        Assert.Equal(new VtdDescriptor(0xFFFF_00E2, 0), VtdDescriptor.IotlbDomain(new(0xFFFF)));
        Assert.Equal(new VtdDescriptor(0x0000_0012, 0), VtdDescriptor.IotlbGlobal(drainWrites: false, drainReads: false));
    }

    // The recording intel-nvme-randrw has this wait: "status write addr 0x2d7b1c04 data 0x2".
    [Fact]
    public void A_wait_with_status_has_these_words()
    {
        VtdDescriptor wait = VtdDescriptor.WaitWithStatus(new(0x2D7B_1C04), 2);
        Assert.Equal(new VtdDescriptor(0x0000_0002_0000_0025, 0x2D7B_1C04), wait);
        Assert.Equal(2u, wait.StatusData);
        Assert.Equal(0x2D7B_1C04UL, wait.StatusAddress.Value);
        Assert.True(wait.WritesStatus);
        Assert.False(wait.IsFence || wait.RaisesInterrupt || wait.DrainsPageRequests);
        Assert.Equal(0xFFFF_FFFF_0000_00F5UL, VtdDescriptor.WaitWithStatus(default, uint.MaxValue, fence: true, interrupt: true, drainPageRequests: true).Word0);
        Assert.Equal(new VtdDescriptor(0x55, 0), VtdDescriptor.WaitWithInterrupt(fence: true));
    }

    [Fact]
    public void Context_cache_descriptors_have_these_words()
    {
        Assert.Equal(0x11UL, VtdDescriptor.ContextCacheGlobal().Word0);
        Assert.Equal(0x0007_0021UL, VtdDescriptor.ContextCacheDomain(new(7)).Word0);
        VtdDescriptor device = VtdDescriptor.ContextCacheDevice(new(7), RequesterId.Of(0, 1, 0), functionMask: 3);
        Assert.Equal(0x0003_0008_0007_0031UL, device.Word0);
        Assert.Equal(RequesterId.Of(0, 1, 0), device.SourceId);
        Assert.Equal(3, device.FunctionMask);
        Assert.Equal(VtdContextGranularity.Device, device.ContextGranularity);
    }

    [Fact]
    public void Pasid_descriptors_have_these_words()
    {
        Assert.Equal(0x0000_0001_0007_0017UL, VtdDescriptor.PasidCachePasid(new(7), new(1)).Word0);
        Assert.Equal(0x0000_0000_0007_0007UL, VtdDescriptor.PasidCacheDomain(new(7)).Word0);
        Assert.Equal(0x0000_0000_0000_0037UL, VtdDescriptor.PasidCacheGlobal().Word0);
        Assert.Equal(0x000F_FFFF_0005_0026UL, VtdDescriptor.PasidIotlbAll(new(5), new(Pasid.MaxValue)).Word0);
        Assert.Equal(new VtdDescriptor(0x000F_FFFF_0005_0036, 0xFFE7_4002), VtdDescriptor.PasidIotlbPages(new(5), new(Pasid.MaxValue), Pages4));
        Assert.Equal(Pasid.MaxValue, VtdDescriptor.PasidIotlbAll(new(5), new(Pasid.MaxValue)).Pasid.Value);
    }

    [Fact]
    public void Device_tlb_descriptors_have_these_words()
    {
        AlignedRange range = new(0x1_0000, 4);
        VtdDescriptor device = VtdDescriptor.DeviceTlb(new(0x0100), range, maximumPending: 8, physicalFunction: new(0x1234));
        Assert.Equal(new VtdDescriptor(0x1230_0100_0008_4003, 0x1_7001), device);
        VtdDescriptor pasid = VtdDescriptor.PasidDeviceTlb(new(0x0100), new(1), range, everyPasid: true, maximumPending: 16, physicalFunction: new(0x1234));
        Assert.Equal(new VtdDescriptor(0x1230_0001_0100_4108, 0x1_7801), pasid);
        foreach (VtdDescriptor descriptor in new[] { device, pasid })
        {
            Assert.Equal(0x0100, descriptor.SourceId.Value);
            Assert.Equal(0x1234, descriptor.PhysicalFunction.Value);
            Assert.True(descriptor.DeviceTlbAddress.TryDecode(out AlignedRange back));
            Assert.Equal(range, back);
            Assert.True(descriptor.IsValid(Cap, Ecap, out _));
        }
        Assert.Equal((8, 16), (device.MaximumPending, pasid.MaximumPending));
        Assert.True(pasid.IsForEveryPasid);
    }

    [Theory]
    [InlineData(0x0UL, VtdDescriptorError.UnknownType)]
    [InlineData(0xAUL, VtdDescriptorError.UnknownType)]
    [InlineData(0x202UL, VtdDescriptorError.UnknownType)] // type bits 11:9 make 0x12, not 2
    [InlineData(0xE05UL, VtdDescriptorError.UnknownType)]
    [InlineData(0x9UL, VtdDescriptorError.UnsupportedType)]
    [InlineData(0x1UL, VtdDescriptorError.ReservedGranularity)]
    [InlineData(0x2UL, VtdDescriptorError.ReservedGranularity)]
    [InlineData(0x6UL, VtdDescriptorError.ReservedGranularity)]
    [InlineData(0x16UL, VtdDescriptorError.ReservedGranularity)]
    [InlineData(0x27UL, VtdDescriptorError.ReservedGranularity)]
    [InlineData(0x112UL, VtdDescriptorError.ReservedBits)]
    [InlineData(0x1_0000_0012UL, VtdDescriptorError.ReservedBits)]
    [InlineData(0xA5UL, VtdDescriptorError.ReservedBits)] // page-request drain without ECAP.PDS
    [InlineData(0x12UL, VtdDescriptorError.None)]
    [InlineData(0x4UL, VtdDescriptorError.None)]
    [InlineData(0x7UL, VtdDescriptorError.None)]
    public void A_first_word_is_judged(ulong word, VtdDescriptorError error)
    {
        VtdDescriptor descriptor = new(word, 0);
        Assert.Equal(error, descriptor.Check(Cap, Ecap));
        Assert.Equal(error == VtdDescriptorError.None, descriptor.IsValid(Cap, Ecap, out string reason));
        Assert.Equal(error == VtdDescriptorError.None, reason.Length == 0);
    }

    [Fact]
    public void A_page_group_response_is_refused_by_name()
    {
        Assert.False(new VtdDescriptor(9, 0).IsValid(Cap, Ecap, out string reason));
        Assert.Contains("page-group response", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(45, true)]
    [InlineData(46, false)]
    [InlineData(63, false)]
    public void Mamv_bounds_second_stage_masks_only(int addressMask, bool valid)
    {
        Assert.Equal(valid, new VtdDescriptor(0x32, (ulong)addressMask).IsValid(Cap, Ecap, out string reason));
        Assert.Equal(!valid, reason.Contains("MAMV 45", StringComparison.Ordinal));
        Assert.True(new VtdDescriptor(0x36, (ulong)addressMask).IsValid(Cap, Ecap, out _));
    }

    [Fact]
    public void Mask_0_is_one_page_and_mask_63_is_everything()
    {
        Assert.Equal(new AlignedRange(0x5000, 0), new VtdDescriptor(0x36, 0x5000).Range);
        Assert.Equal(new AlignedRange(0, 52), new VtdDescriptor(0x36, 0xFFFF_FFFF_FFFF_F03F).Range);
        Assert.Equal(new AlignedRange(1UL << 63, 51), new VtdDescriptor(0x36, 0x8000_0000_0000_0033).Range);
    }

    [Fact]
    public void An_unaligned_address_is_refused_but_its_range_can_be_read()
    {
        VtdDescriptor descriptor = new(0x32, 0xFFE7_5002);
        Assert.Equal(VtdDescriptorError.UnalignedAddress, descriptor.Check(Cap, Ecap));
        Assert.Equal(Pages4, descriptor.Range);
        Assert.Equal(VtdDescriptorError.None, new VtdDescriptor(0x22, 0xFFE7_5002).Check(Cap, Ecap));
    }

    [Fact]
    public void Page_selection_needs_its_capability() =>
        Assert.Equal(VtdDescriptorError.PageSelectiveUnsupported,
            new VtdDescriptor(0x32, 0).Check(Cap with { SupportsPageSelectiveInvalidation = false }, Ecap));

    [Fact]
    public void The_upper_half_must_be_zero()
    {
        Assert.Equal(VtdDescriptorError.ReservedBits, new VtdDescriptor(0x12, 0, 1, 0).Check(Cap, Ecap));
        Assert.Equal(VtdDescriptorError.ReservedBits, new VtdDescriptor(0x12, 0, 0, 1UL << 63).Check(Cap, Ecap));
    }

    [Fact]
    public void Pasid_types_need_the_wide_width()
    {
        Assert.False(VtdDescriptor.TryDecode([0x37, 0], Cap, Ecap, out _, out string reason));
        Assert.Contains("256-bit", reason, StringComparison.Ordinal);
        Assert.True(VtdDescriptor.TryDecode([0x37, 0, 0, 0], Cap, Ecap, out VtdDescriptor descriptor, out reason));
        Assert.Equal(VtdDescriptor.PasidCacheGlobal(), descriptor);
        Assert.Empty(reason);
        Assert.True(VtdDescriptor.TryDecode([0x12, 0], Cap, Ecap, out _, out _));
    }

    [Fact]
    public void Only_2_or_4_words_are_a_descriptor()
    {
        Assert.Throws<ArgumentException>(() => VtdDescriptor.Read(new ulong[3]));
        Assert.Throws<ArgumentException>(() => VtdDescriptor.IotlbGlobal().Write(new ulong[5]));
        Assert.Throws<ArgumentException>(() => new VtdDescriptor(0x12, 0, 1, 0).Write(new ulong[2]));
    }

    [Fact]
    public void All_ones_as_device_tlb_size_is_refused() =>
        Assert.Equal(VtdDescriptorError.InvalidDeviceTlbSize, new VtdDescriptor(0x3, 0xFFFF_FFFF_FFFF_F001).Check(Cap, Ecap));

    [Fact]
    public void Iotlb_pages_round_trip_in_both_widths() =>
        Gen.Select(Gen.UShort, Gen.ULong, Gen.Int[0, 45], Gen.Bool, Gen.Bool, Gen.Bool, Gen.UInt[0, Pasid.MaxValue])
            .Sample((domain, address, addressMask, leafOnly, drainWrites, drainReads, pasid) =>
            {
                AlignedRange range = new(address & ~Bits.Mask(12 + addressMask), addressMask);
                ulong[] words = new ulong[2];
                VtdDescriptor.IotlbPages(new(domain), range, leafOnly, drainWrites, drainReads).Write(words);
                Assert.True(VtdDescriptor.TryDecode(words, Cap, Ecap, out VtdDescriptor back, out _));
                Assert.Equal((domain, range, leafOnly), (back.DomainId.Value, back.Range, back.IsLeafOnly));
                Assert.Equal((drainWrites, drainReads), (back.DrainsWrites, back.DrainsReads));

                ulong[] wide = new ulong[4];
                VtdDescriptor.PasidIotlbPages(new(domain), new(pasid), range, leafOnly).Write(wide);
                Assert.True(VtdDescriptor.TryDecode(wide, Cap, Ecap, out back, out _));
                Assert.Equal((domain, pasid, range, leafOnly), (back.DomainId.Value, back.Pasid.Value, back.Range, back.IsLeafOnly));
            }, iter: 5_000);

    [Fact]
    public void Waits_round_trip() =>
        Gen.Select(Gen.ULong, Gen.UInt, Gen.Bool, Gen.Bool).Sample((address, data, fence, interrupt) =>
        {
            VtdDescriptor wait = VtdDescriptor.WaitWithStatus(new(address & ~3UL), data, fence, interrupt);
            Assert.True(wait.IsValid(Cap, Ecap, out _));
            Assert.Equal((address & ~3UL, data, fence, interrupt), (wait.StatusAddress.Value, wait.StatusData, wait.IsFence, wait.RaisesInterrupt));
        }, iter: 5_000);

    [Fact]
    public void Any_words_can_be_judged() =>
        Gen.Select(Gen.ULong.Array[4], Gen.Int[0, 10], Gen.Bool, Gen.ULong).Sample((words, type, sparse, cap) =>
        {
            words[0] = words[0].WithField(3, 0, (ulong)type).WithField(11, 9, 0);
            if (sparse) (words[0], words[1], words[2], words[3]) = (words[0] & 0xFFFF_003F, words[1] & ~0xFC0UL, 0, 0);
            bool valid = VtdDescriptor.TryDecode(words, new(cap), Ecap, out VtdDescriptor descriptor, out string reason);
            Assert.Equal(valid, reason.Length == 0);
            _ = descriptor.Range;
            _ = descriptor.DeviceTlbAddress.TryDecode(out _);
            _ = (descriptor.SourceId, descriptor.PhysicalFunction, descriptor.MaximumPending, descriptor.StatusAddress, descriptor.Pasid);
            _ = VtdDescriptor.TryDecode(words.AsSpan(0, 2), new(cap), Ecap, out _, out _);
        }, iter: 20_000);

    [Fact]
    public void Encoding_and_checking_allocate_nothing()
    {
        ulong[] words = new ulong[4];
        bool valid = Run(words);
        AllocationMeter meter = AllocationMeter.Start();
        valid &= Run(words);
        Assert.Equal(0, meter.Bytes);
        Assert.True(valid);

        static bool Run(ulong[] words)
        {
            bool valid = true;
            for (ulong page = 0; page < 100; page++)
            {
                VtdDescriptor.IotlbPages(new(1), AlignedRange.Enclosing(page << 12, (page << 12) + 1)).Write(words);
                valid &= VtdDescriptor.TryDecode(words, Cap, Ecap, out VtdDescriptor back, out _) && back.Range.Base == page << 12;
            }
            return valid;
        }
    }
}
