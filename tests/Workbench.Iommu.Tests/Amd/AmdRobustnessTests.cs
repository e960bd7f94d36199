using CsCheck;
using Workbench.Iommu.Amd;
using Xunit;

namespace Workbench.Iommu.Tests.Amd;

/// <summary>Random words where structures should be: the unit faults, logs or stops, and never breaks.</summary>
public sealed class AmdRobustnessTests
{
    private static readonly Gen<ulong> Iova = Gen.OneOf(Gen.ULong[0, 0xFFFF], Gen.ULong, Gen.Const(ulong.MaxValue), Gen.Const(1UL << 47), Gen.Const(1UL << 39));
    private static readonly Gen<uint> Space = Gen.OneOf(Gen.Const(DmaRequest.NoPasid), Gen.UInt[0, 3], Gen.Const(Pasid.MaxValue), Gen.Const(Pasid.MaxValue + 1));

    // A word of noise, or one that leads on: present, with an address in table memory.
    private static Gen<ulong> Word(AmdMachine m) => Gen.OneOf(Gen.ULong, Gen.Select(Gen.ULong, Gen.Int[0, 7], (noise, frame) => (noise & 0x6000_0000_0000_0FE0) | 1 | (m.Domain.Table.Root.Value + ((ulong)frame << 12))));

    private static void Touch(AmdMachine m, ulong iova, uint pasid)
    {
        foreach (bool isWrite in (bool[])[false, true])
        {
            m.Access(iova, isWrite, pasid: pasid);
            m.Hardware.RequestTranslation(new(AmdMachine.Nic, iova, isWrite, pasid, isTranslationRequest: true), out _);
        }
        while (m.Unit.TryTakeEvent(out AmdEvent logged)) Assert.True(Enum.IsDefined(logged.Code));
    }

    [Theory]
    [InlineData("amd")]
    [InlineData("amd-v2")]
    public void Random_commands_run_or_stop_the_buffer(string model)
    {
        using AmdMachine m = new(new() { Model = model, DeviceTlbEntries = 4 });
        m.Map(0x5000, 0x9000);
        // Noise, the fields of commands that name a device, and those of INVALIDATE_IOMMU_PAGES: PASID and domain.
        Gen<ulong> fields = Gen.OneOf(Gen.ULong, Gen.ULong[0, 0xFFFF], Gen.Const(0UL), Gen.Select(Gen.ULong[0, 0xF_FFFF], Gen.OneOf(Gen.ULong[0, 10], Gen.ULong[0, 0xFFFF]), (pasid, domain) => pasid | (domain << 32)));
        Gen<ulong> word0 = Gen.Select(fields, Gen.Frequency((3, Gen.ULong[0, 15]), (1, Gen.Const((ulong)AmdCommandOpcode.InvalidatePages))), (low, opcode) => (low & ~(15UL << 60)) | (opcode << 60));
        int ran = 0, stopped = 0, ranOnDomain = 0;
        Gen.Select(word0, Gen.OneOf(Gen.ULong, Gen.ULong.Select(address => address & ~0xFF8UL), Gen.ULong[0, 7], Gen.Const(0x7FFF_FFFF_FFFF_F001UL))).Sample((first, second) =>
        {
            m.Unit.SetCommandBuffer(m.Unit.CommandBase, m.Unit.CommandLength);
            AmdCommand command = new(first, second);
            m.Unit.WriteCommandTail(m.Enqueue(command));
            bool isRefused = command.Check(m.Unit.Features) != AmdCommandError.None;
            Assert.Equal(isRefused, m.Unit.CommandError != AmdCommandError.None);
            Assert.Equal(isRefused || m.Unit.HasCommandHardwareError ? 0 : 1, m.Unit.CommandHead);
            if (m.Unit.CommandHead == 0) stopped++;
            else ran++;
            if (m.Unit.CommandHead != 0 && command.Opcode == AmdCommandOpcode.InvalidatePages && command.DomainId.Value != 0) ranOnDomain++;
            Touch(m, 0x5000, DmaRequest.NoPasid);
        }, iter: 3000, threads: 1);
        Assert.True(ran > 100 && stopped > 100 && ranOnDomain > 50, $"{ran} ran, {stopped} stopped; {ranOnDomain} invalidated pages of a domain other than 0");
    }

    [Theory]
    [InlineData("amd")]
    [InlineData("amd-v2")]
    public void Random_device_table_entries_fault_or_translate(string model)
    {
        using AmdMachine m = new(new() { Model = model, DeviceTlbEntries = 4 });
        m.Map(0x5000, 0x9000);
        m.Hardware.Diagnose = true;
        // Noise, or the entry there was with some bits changed.
        AmdDeviceTableEntry good = m.EntryOf(AmdMachine.Nic);
        Gen<AmdDeviceTableEntry> entry = Gen.OneOf(
            Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong, Gen.ULong, (a, b, c, d) => new AmdDeviceTableEntry(a, b, c, d)),
            Gen.Select(Gen.Int[0, 255], Gen.Int[0, 255], (one, two) => Flip(Flip(good, one), two)));
        HashSet<Faults.FaultKind> seen = [];
        Gen.Select(entry, Iova, Space).Sample((written, iova, pasid) =>
        {
            m.SetEntry(AmdMachine.Nic, written);
            m.Unit.SetCommandBuffer(m.Unit.CommandBase, m.Unit.CommandLength);
            m.Unit.WriteCommandTail(m.Enqueue(AmdCommand.InvalidateAll()));
            seen.Add(m.Access(iova, true, pasid: pasid).Fault);
            Touch(m, iova, pasid);
        }, iter: 4000, threads: 1);
        Assert.True(seen.Count >= 5, string.Join(' ', seen));
    }

    private static AmdDeviceTableEntry Flip(AmdDeviceTableEntry entry, int bit)
    {
        ulong[] words = [entry.Word0, entry.Word1, entry.Word2, entry.Word3];
        words[bit / 64] ^= 1UL << (bit % 64);
        return AmdDeviceTableEntry.Read(words);
    }

    [Theory]
    [InlineData("amd", false)]
    [InlineData("amd-v2", false)]
    [InlineData("amd-v2", true)]
    public void Random_tables_fault_or_translate(string model, bool isNested)
    {
        using AmdMachine m = new(new() { Model = model, AddressBits = 57, DeviceTlbEntries = 4 });
        // Eight frames in a row, all of noise that leads from one to the other; the root is the first.
        Spa first = m.Domain.Table.Root;
        for (int i = 0; i < 8; i++) m.Memory.AllocateFrame();
        m.Hardware.Diagnose = true;
        if (isNested)
            m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { Mode = 3, HostRoot = first, GuestTable = new(0x3000), HostAccessDirty = AmdHostAccessDirty.AccessedAndDirty });
        HashSet<Faults.FaultKind> seen = [];
        Gen.Select(Word(m).Array[64], Iova, Gen.OneOf(Gen.Const(DmaRequest.NoPasid), Gen.Const(1u)), Gen.Int[1, 6]).Sample((words, iova, pasid, mode) =>
        {
            for (int i = 0; i < 8 * 512; i++)
            {
                Spa at = new(first.Value + ((ulong)i * 8));
                if (m.Memory.Contains(at)) m.Memory.Word(at) = words[i % 64];
            }
            if (model == "amd") m.SetEntry(AmdMachine.Nic, m.EntryOf(AmdMachine.Nic) with { Mode = Math.Min(mode, 5), HostRoot = first, HostAccessDirty = AmdHostAccessDirty.AccessedAndDirty });
            m.Unit.SetCommandBuffer(m.Unit.CommandBase, m.Unit.CommandLength);
            m.Unit.WriteCommandTail(m.Enqueue(AmdCommand.InvalidateAll()));
            seen.Add(m.Access(iova, true, pasid: model == "amd" ? DmaRequest.NoPasid : pasid).Fault);
            Touch(m, iova, model == "amd" ? DmaRequest.NoPasid : pasid);
        }, iter: 1500, threads: 1);
        Assert.True(seen.Count >= 3, string.Join(' ', seen));
    }

    // Reading a format is total: no word makes it throw, and a leaf without reserved bits lies within 52 bits and is aligned.
    [Fact]
    public void Any_word_is_read_at_any_level() => Gen.Select(Gen.ULong, Gen.Int[0, 5]).Sample((word, level) =>
    {
        int size = AmdV1Format.LeafSizeLog2(word, level);
        ulong address = AmdV1Format.LeafAddress(word, level);
        Assert.InRange(size, 12, 57);
        Assert.Equal(0UL, address & Bits.Mask(12));
        if (!AmdV1Format.IsLeaf(word, level) || AmdV1Format.HasReservedBits(word, level)) return;
        Assert.Equal(0UL, (address & Bits.Mask(size)) | (address >> 52));
        Assert.InRange(size, AmdV1Format.Shift(level), Math.Min(51, AmdV1Format.Shift(level) + 8));
    });
}
