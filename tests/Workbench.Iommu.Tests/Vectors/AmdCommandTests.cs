using CsCheck;
using Workbench.Iommu.Amd;
using Workbench.Testing;
using Xunit;

namespace Workbench.Iommu.Tests.Vectors;

/// <summary>Command buffer entries. AMD IOMMU §2.4.1 to 2.4.8; hardware.md 1.7.</summary>
public sealed class AmdCommandTests
{
    private static readonly AmdExtendedFeatures Part = AmdExtendedFeatures.Default;
    private static readonly AmdExtendedFeatures FullPart = Part with
    {
        SupportsGuestTranslation = true,
        SupportsPageRequests = true,
        SupportsDeviceTlbInvalidationType = true,
    };
    private static readonly RequesterId Device = RequesterId.Of(1, 0, 0);
    private static readonly Pasid GuestPasid = new(0xABCDE);

    // The recording amd-nvme-randrw has this wait: "store address 0x11ea000 and store data 0x1". §2.4.1
    [Fact]
    public void A_wait_with_store_has_these_words()
    {
        AmdCommand wait = AmdCommand.CompletionWaitWithStore(new(0x11E_A000), 1);
        Assert.Equal(new AmdCommand(0x1000_0000_011E_A001, 1), wait);
        Assert.Equal((AmdCommandOpcode.CompletionWait, 0x11E_A000UL, 1UL), (wait.Opcode, wait.StoreAddress.Value, wait.StoreData));
        Assert.True(wait.StoresData);
        Assert.False(wait.RaisesInterrupt || wait.IsFence);
        AmdCommand full = AmdCommand.CompletionWaitWithStore(new(0xF_FFFF_FFFF_FFF8), ulong.MaxValue, interrupt: true, fence: true);
        Assert.Equal(new AmdCommand(0x100F_FFFF_FFFF_FFFF, ulong.MaxValue), full);
        Assert.Equal(0xF_FFFF_FFFF_FFF8UL, full.StoreAddress.Value);
        Assert.Equal(AmdCommandError.None, full.Check(Part));
    }

    [Fact]
    public void A_wait_with_interrupt_has_these_words()
    {
        Assert.Equal(new AmdCommand(0x1000_0000_0000_0002, 0), AmdCommand.CompletionWaitWithInterrupt());
        AmdCommand fence = AmdCommand.CompletionWaitWithInterrupt(fence: true);
        Assert.Equal(new AmdCommand(0x1000_0000_0000_0006, 0), fence);
        Assert.True(fence.RaisesInterrupt && fence.IsFence);
        Assert.False(fence.StoresData);
    }

    // The recording invalidates device 00:14.0. §2.4.2 and 2.4.5
    [Fact]
    public void Device_commands_have_these_words()
    {
        RequesterId device = RequesterId.Of(0, 0x14, 0);
        Assert.Equal(new AmdCommand(0x2000_0000_0000_00A0, 0), AmdCommand.InvalidateDeviceTableEntry(device));
        Assert.Equal(new AmdCommand(0x5000_0000_0000_00A0, 0), AmdCommand.InvalidateInterruptTable(device));
        Assert.Equal(device, AmdCommand.InvalidateDeviceTableEntry(device).DeviceId);
    }

    [Fact]
    public void Invalidate_all_has_this_word()
    {
        Assert.Equal(new AmdCommand(0x8000_0000_0000_0000, 0), AmdCommand.InvalidateAll());
        Assert.Equal(AmdCommandError.None, AmdCommand.InvalidateAll().Check(Part));
        Assert.Equal(AmdCommandError.InvalidateAllNotSupported, AmdCommand.InvalidateAll().Check(Part with { SupportsInvalidateAll = false }));
    }

    // §2.4.3; the whole-domain form is hardware.md 1.7 [L].
    [Fact]
    public void Page_invalidations_have_these_words()
    {
        Assert.Equal(new AmdCommand(0x3000_0003_0000_0000, 0xFFE7_4000), AmdCommand.InvalidatePages(new(3), new(0xFFE7_4000), 12));
        AmdCommand domain = AmdCommand.InvalidateDomain(new(2));
        Assert.Equal(new AmdCommand(0x3000_0002_0000_0000, 0x7FFF_FFFF_FFFF_F003), domain);
        Assert.True(domain.CoversEverything && domain.HasSize && domain.IncludesTableEntries);
        Assert.Equal((0UL, ulong.MaxValue, 64), (domain.FirstByte, domain.LastByte, domain.SizeLog2));
        AmdCommand guest = AmdCommand.InvalidateGuestPages(new(5), GuestPasid, new(0x1000), 12, includeTableEntries: true);
        Assert.Equal(new AmdCommand(0x3000_0005_000A_BCDE, 0x1006), guest);
        Assert.Equal((GuestPasid, 5, true, false), (guest.Pasid, (int)guest.DomainId.Value, guest.IsGuest, guest.HasSize));
    }

    [Theory]
    [InlineData(0xFFE7_4000UL, 12, 0xFFE7_4000UL)]
    [InlineData(0xFFE7_4000UL, 13, 0xFFE7_4001UL)]
    [InlineData(0xFFE7_4000UL, 14, 0xFFE7_5001UL)]
    [InlineData(0xFFE0_0000UL, 21, 0xFFEF_F001UL)]
    [InlineData(0xC000_0000UL, 30, 0xDFFF_F001UL)]
    [InlineData(0x0UL, 52, 0x0007_FFFF_FFFF_F001UL)]
    [InlineData(0x8000_0000_0000_0000UL, 63, 0xBFFF_FFFF_FFFF_F001UL)]
    [InlineData(0x0UL, 64, 0x7FFF_FFFF_FFFF_F001UL)]
    public void A_size_is_coded_in_the_address(ulong first, int sizeLog2, ulong word1)
    {
        AmdCommand command = AmdCommand.InvalidatePages(new(0), new(first), sizeLog2);
        Assert.Equal(word1, command.Word1);
        Assert.Equal((first, first | Bits.Mask(sizeLog2), sizeLog2), (command.FirstByte, command.LastByte, command.SizeLog2));
        Assert.Equal(AmdCommandError.None, command.Check(Part));
    }

    [Fact]
    public void Without_S_the_address_is_no_code()
    {
        AmdCommand command = new(0x3000_0000_0000_0000, 0x7FFF_FFFF_FFFF_F000);
        Assert.Equal((0x7FFF_FFFF_FFFF_F000UL, 0x7FFF_FFFF_FFFF_FFFFUL), (command.FirstByte, command.LastByte));
        Assert.Equal(AmdCommandError.None, new AmdCommand(0x3000_0000_0000_0000, 0xFFFF_FFFF_FFFF_F000).Check(Part));
    }

    [Theory]
    [InlineData(0x3000_0000_0000_0000UL)]
    [InlineData(0x4000_0000_0000_0000UL)]
    public void All_ones_as_size_is_refused_and_reads_as_everything(ulong word0)
    {
        AmdCommand command = new(word0, 0xFFFF_FFFF_FFFF_F001);
        Assert.Equal(AmdCommandError.ReservedSizeCode, command.Check(Part));
        Assert.Equal((0UL, ulong.MaxValue), (command.FirstByte, command.LastByte));
    }

    // §2.4.4; the PASID pieces are 55:48, 23:16 and 59:56 from the low end.
    [Fact]
    public void Device_tlb_invalidations_have_these_words()
    {
        AmdCommand command = AmdCommand.InvalidateDeviceTlb(Device, new(0x1_0000), 16, queueId: 0x0100, maximumPending: 32);
        Assert.Equal(new AmdCommand(0x4000_0100_2000_0100, 0x1_7001), command);
        Assert.Equal((Device, (ushort)0x0100, 32, 0x1_0000UL, 0x1_FFFFUL),
            (command.DeviceId, command.QueueId, command.MaximumPending, command.FirstByte, command.LastByte));
        AmdCommand guest = AmdCommand.InvalidateGuestDeviceTlb(Device, GuestPasid, new(0x1_0000), 16, queueId: 0x0100, maximumPending: 32);
        Assert.Equal(new AmdCommand(0x4ADE_0100_20BC_0100, 0x1_7005), guest);
        Assert.Equal((GuestPasid, true), (guest.Pasid, guest.IsGuest));
    }

    // §2.4.7
    [Fact]
    public void Page_request_completions_have_these_words()
    {
        AmdCommand command = AmdCommand.CompletePageRequest(Device, 0x1A5, AmdPageResponse.Failure, GuestPasid);
        Assert.Equal(new AmdCommand(0x700A_BCDE_0000_0100, 0x0000_F1A5_0000_0004), command);
        Assert.Equal((Device, 0x1A5, AmdPageResponse.Failure, GuestPasid, true),
            (command.DeviceId, command.PageRequestGroup, command.PageResponse, command.Pasid, command.IsGuest));
        Assert.Equal(new AmdCommand(0x7000_0000_0000_0100, 0x0000_1000_0000_0000), AmdCommand.CompletePageRequest(Device, 0, AmdPageResponse.InvalidRequest));
        Assert.Equal(AmdCommandError.None, command.Check(FullPart));
        Assert.Equal(AmdCommandError.PageRequestsNotSupported, command.Check(Part));
    }

    [Theory]
    [InlineData(0, AmdCommandError.UnknownOpcode)]
    [InlineData(1, AmdCommandError.None)]
    [InlineData(2, AmdCommandError.None)]
    [InlineData(3, AmdCommandError.None)]
    [InlineData(4, AmdCommandError.None)]
    [InlineData(5, AmdCommandError.None)]
    [InlineData(6, AmdCommandError.UnsupportedOpcode)]
    [InlineData(7, AmdCommandError.None)]
    [InlineData(8, AmdCommandError.None)]
    [InlineData(9, AmdCommandError.UnsupportedOpcode)]
    [InlineData(10, AmdCommandError.UnsupportedOpcode)]
    [InlineData(11, AmdCommandError.UnknownOpcode)]
    [InlineData(15, AmdCommandError.UnknownOpcode)]
    public void An_opcode_is_judged(int opcode, AmdCommandError error)
    {
        AmdCommand command = new((ulong)opcode << 60, 0);
        Assert.Equal(opcode, (int)command.Opcode);
        Assert.Equal(error, command.Check(FullPart));
        Assert.Equal(error == AmdCommandError.None, command.IsValid(FullPart, out string reason));
        Assert.Equal(error == AmdCommandError.None, reason.Length == 0);
    }

    [Fact]
    public void Refusals_name_the_command()
    {
        Assert.False(new AmdCommand(0x6000_0000_0000_0000, 0).IsValid(Part, out string reason));
        Assert.Contains("PrefetchPages", reason, StringComparison.Ordinal);
        Assert.False(AmdCommand.InvalidateAll().IsValid(default, out reason));
        Assert.Contains("IASup", reason, StringComparison.Ordinal);
    }

    // The complement of each command's fields: the lowest and highest bit of every reserved stretch, and its neighbours.
    [Theory]
    [InlineData(1, new[] { 52, 59 }, new[] { 0, 2, 3, 51, 64, 127 })]
    [InlineData(2, new[] { 16, 59, 64, 127 }, new[] { 0, 15 })]
    [InlineData(3, new[] { 20, 31, 48, 59, 67, 75 }, new[] { 0, 19, 32, 47, 64, 65, 66, 76, 127 })]
    [InlineData(4, new[] { 65, 67, 70, 75 }, new[] { 0, 16, 31, 47, 59, 64, 66, 68, 69, 76, 127 })]
    [InlineData(5, new[] { 16, 59, 64, 127 }, new[] { 0, 15 })]
    [InlineData(7, new[] { 16, 31, 52, 59, 64, 65, 67, 95, 112, 127 }, new[] { 0, 15, 32, 51, 66, 96, 111 })]
    [InlineData(8, new[] { 0, 59, 64, 127 }, new int[0])]
    public void Reserved_bits_are_refused(int opcode, int[] reserved, int[] used)
    {
        foreach (int bit in reserved)
            Assert.Equal(AmdCommandError.ReservedBits, With(bit).Check(FullPart));
        foreach (int bit in used)
            Assert.Equal(AmdCommandError.None, With(bit).Check(FullPart));

        AmdCommand With(int bit) => bit < 64 ? new((ulong)opcode << 60 | 1UL << bit, 0) : new((ulong)opcode << 60, 1UL << (bit - 64));
    }

    [Fact]
    public void The_type_of_a_device_tlb_invalidation_needs_its_capability()
    {
        AmdCommand command = new(0x4000_0000_0000_0000, 0x20);
        Assert.Equal(2, command.DeviceTlbInvalidationType);
        Assert.Equal(AmdCommandError.None, command.Check(FullPart));
        Assert.Equal(AmdCommandError.ReservedBits, command.Check(Part));
    }

    [Fact]
    public void Guest_commands_need_guest_translation()
    {
        AmdExtendedFeatures requests = Part with { SupportsPageRequests = true };
        AmdCommand[] commands =
        [
            AmdCommand.InvalidateGuestPages(new(1), new(1), default, 12),
            AmdCommand.InvalidateGuestDeviceTlb(Device, new(1), default, 12),
            AmdCommand.CompletePageRequest(Device, 0, AmdPageResponse.Success, new(1)),
        ];
        foreach (AmdCommand command in commands)
        {
            Assert.Equal(AmdCommandError.GuestTranslationNotSupported, command.Check(requests));
            Assert.Equal(AmdCommandError.None, command.Check(FullPart));
        }
        // Bit 66 of a completion wait is data.
        Assert.Equal(AmdCommandError.None, AmdCommand.CompletionWaitWithStore(default, 4).Check(Part));
    }

    [Fact]
    public void Values_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.CompletionWaitWithStore(new(0x1004), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.CompletionWaitWithStore(new(1UL << 52), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.InvalidatePages(new(1), new(0x1000), 13));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.InvalidatePages(new(1), default, 11));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.InvalidatePages(new(1), default, 65));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.InvalidateGuestPages(new(1), new(Pasid.MaxValue + 1), default, 12));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.InvalidateGuestDeviceTlb(Device, new(Pasid.MaxValue + 1), default, 12));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.InvalidateDeviceTlb(Device, default, 12, maximumPending: 256));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.CompletePageRequest(Device, 512, AmdPageResponse.Success));
        Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.InvalidateAll().Describe((AmdCommandError)99));
        Assert.Throws<ArgumentException>(() => AmdCommand.Read(new ulong[1]));
        Assert.Throws<ArgumentException>(() => AmdCommand.InvalidateAll().Write(new ulong[1]));
    }

    [Theory]
    [InlineData(0x1000UL, 0x1000UL, 12)]
    [InlineData(0x1000UL, 0x1FFFUL, 12)]
    [InlineData(0x1FFFUL, 0x2000UL, 14)]
    [InlineData(0x2000UL, 0x3FFFUL, 13)]
    [InlineData(0UL, 0xF_FFFF_FFFF_FFFFUL, 52)]
    [InlineData(0UL, 0x7FFF_FFFF_FFFF_FFFFUL, 63)]
    [InlineData(0UL, ulong.MaxValue, 64)]
    public void An_enclosing_size_is_the_smallest(ulong first, ulong last, int sizeLog2) =>
        Assert.Equal(sizeLog2, AmdCommand.EnclosingSizeLog2(first, last));

    [Fact]
    public void An_empty_range_has_no_size() => Assert.Throws<ArgumentOutOfRangeException>(() => AmdCommand.EnclosingSizeLog2(2, 1));

    [Fact]
    public void Range_commands_round_trip() =>
        Gen.Select(Gen.UShort, Gen.ULong, Gen.ULong, Gen.UInt[0, Pasid.MaxValue], Gen.Int[0, 255], Gen.UShort, Gen.Bool)
            .Sample((id, one, other, pasid, pending, queue, tables) =>
            {
                (ulong low, ulong high) = (Math.Min(one, other), Math.Max(one, other));
                int size = AmdCommand.EnclosingSizeLog2(low, high);
                Iova first = new(low & ~Bits.Mask(size));
                AmdCommand pages = AmdCommand.InvalidateGuestPages(new(id), new(pasid), first, size, tables);
                AmdCommand device = AmdCommand.InvalidateGuestDeviceTlb(new(id), new(pasid), first, size, queue, pending);
                ulong[] words = new ulong[2];
                foreach (AmdCommand command in new[] { pages, device })
                {
                    command.Write(words);
                    Assert.Equal(command, AmdCommand.Read(words));
                    Assert.True(command.IsValid(FullPart, out _));
                    Assert.Equal((size, first.Value, pasid), (command.SizeLog2, command.FirstByte, command.Pasid.Value));
                    Assert.InRange(low, command.FirstByte, command.LastByte);
                    Assert.InRange(high, command.FirstByte, command.LastByte);
                }
                Assert.Equal((id, tables), (pages.DomainId.Value, pages.IncludesTableEntries));
                Assert.Equal((id, queue, pending), (device.DeviceId.Value, device.QueueId, device.MaximumPending));
            }, iter: 5_000);

    [Fact]
    public void Waits_and_completions_round_trip() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.Bool, Gen.Bool, Gen.UShort, Gen.Int[0, 511], Gen.Int[0, 15], Gen.UInt[0, Pasid.MaxValue])
            .Sample((address, data, interrupt, fence, device, group, response, pasid) =>
            {
                address &= 0x000F_FFFF_FFFF_FFF8;
                AmdCommand wait = AmdCommand.CompletionWaitWithStore(new(address), data, interrupt, fence);
                Assert.True(wait.IsValid(Part, out _));
                Assert.Equal((address, data, interrupt, fence), (wait.StoreAddress.Value, wait.StoreData, wait.RaisesInterrupt, wait.IsFence));
                AmdCommand done = AmdCommand.CompletePageRequest(new(device), group, (AmdPageResponse)response, new(pasid));
                Assert.True(done.IsValid(FullPart, out _));
                Assert.Equal((device, group, response, pasid), (done.DeviceId.Value, done.PageRequestGroup, (int)done.PageResponse, done.Pasid.Value));
            }, iter: 5_000);

    [Fact]
    public void Any_words_can_be_judged() =>
        Gen.Select(Gen.ULong.Array[2], Gen.Int[0, 4], Gen.ULong).Sample((words, ones, features) =>
        {
            words[1] |= ones == 0 ? 0 : ulong.MaxValue >> (ones - 1) << 12;
            AmdCommand command = AmdCommand.Read(words);
            bool valid = command.IsValid(new(features), out string reason);
            Assert.Equal(valid, reason.Length == 0);
            Assert.True(command.FirstByte <= command.LastByte);
            Assert.InRange(command.SizeLog2, 12, 64);
            _ = (command.Pasid, command.DeviceId, command.DomainId, command.StoreAddress, command.QueueId, command.MaximumPending);
            _ = (command.PageRequestGroup, command.PageResponse, command.DeviceTlbInvalidationType, command.CoversEverything);
        }, iter: 20_000);

    [Fact]
    public void Encoding_and_checking_allocate_nothing()
    {
        ulong[] words = new ulong[2];
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
                AmdCommand.InvalidatePages(new(1), new(page << 12), 12).Write(words);
                AmdCommand back = AmdCommand.Read(words);
                valid &= back.Check(Part) == AmdCommandError.None && back.FirstByte == page << 12;
            }
            return valid;
        }
    }
}
