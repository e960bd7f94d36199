using CsCheck;
using Workbench.Iommu.RiscV;
using Xunit;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>Random words where hardware reads structures: it faults or reports an illegal command, and never breaks.</summary>
public sealed class RobustnessTests
{
    private const ulong Page = 0x5000;

    // Fields that are random one by one get further than words that are random as a whole.
    private static Gen<ulong> Word(ulong valid, ulong[] pointers) => Gen.OneOf(Gen.ULong,
        Gen.Select(Gen.OneOf(pointers), Gen.ULong[0, 0x3FF], Gen.Frequency((4, Gen.Const(0UL)), (1, Gen.ULong[0, 1023].Select(n => n << 54)))).Select((at, low, high) => ((at >> 2) & 0x003F_FFFF_FFFF_FC00) | low | high | valid));

    [Fact]
    public void Commands() => Gen.Select(Gen.Select(Gen.OneOf(Gen.ULong, Gen.OneOf(0x1UL, 0x81UL, 0x2UL, 0x3UL, 0x83UL, 0x4UL, 0x84UL)), Gen.ULong, Gen.ULong[0, 255]).Array[1, 20], Gen.Bool).Sample((commands, masks) =>
    {
        using RiscVMachine m = new(spec: new() { DeviceTlbEntries = 4 });
        m.Map(Page, 0x9000);
        foreach ((ulong code, ulong noise, ulong more) in commands)
        {
            m.Write(Page);
            ulong word0 = code | (masks ? noise & 0x0FFF_F007_FFFF_F400 : noise & ~0x3FFUL);
            int tail = (m.Unit.QueueTail + 1) % m.Unit.QueueLength;
            m.Memory.Word(new(m.Unit.QueueBase.Value + ((ulong)m.Unit.QueueTail * 16))) = word0;
            m.Memory.Word(new(m.Unit.QueueBase.Value + ((ulong)m.Unit.QueueTail * 16) + 8)) = masks ? noise << 10 & 0x3FFF_FFFF_FFFF_FE00 | (more << 9) : noise;
            int before = m.Unit.QueueHead;
            m.Unit.WriteQueueTail(tail);
            bool isStopped = m.Unit.CommandError != RiscVCommandError.None || m.Unit.QueueMemoryFaulted;
            Assert.Equal(isStopped ? before : tail, m.Unit.QueueHead);
            if (isStopped) m.Unit.SetQueue(m.Unit.QueueBase, m.Unit.QueueLength);
        }
    }, iter: 300);

    [Theory]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void Contexts(string model) => Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong, Gen.Int[0, 5]).Sample((a, b, c, which) =>
    {
        using RiscVMachine m = new(model, new() { DeviceTlbEntries = 4 });
        m.Map(Page, 0x9000);
        ulong root = m.Domain.Table.Root.Value >> 12;
        switch (which)
        {
            case 0: m.DeviceContext(RiscVMachine.Nic) = a; break;
            case 1: m.DeviceContext(RiscVMachine.Nic) = 1 | (a & 0x3A2); break;
            case 2: m.DeviceContext(RiscVMachine.Nic, 3) = (a & (3UL << 62)) | (b & (3UL << 60)) | root; break;
            case 3:
                m.DeviceContext(RiscVMachine.Nic) = 1 | (a & 0x3B0);
                m.DeviceContext(RiscVMachine.Nic, 1) = ((8 + (b & 3)) << 60) | (root & ~3UL);
                m.DeviceContext(RiscVMachine.Nic, 3) = (c & (15UL << 60)) | (c & 1) * root;
                break;
            case 4: m.DirectoryEntry(RiscVMachine.Nic) = a; break;
            default: m.Unit.DirectoryPointer = new((a & ~0xFUL) | (b % 5)); break;
        }
        foreach (uint pasid in new[] { DmaRequest.NoPasid, 0u, (uint)(c & 0xF_FFFF) })
        {
            m.Access(Page, true, pasid: pasid);
            m.Ask(Page, toWrite: true, pasid: pasid);
        }
        m.Unit.RequestPage(new(RiscVMachine.Nic, null, new(Page), ToWrite: true, Group: 1));
        while (m.Unit.TryTakeFault(out RiscVFaultRecord record)) Assert.True(Enum.IsDefined(record.Cause));
    }, iter: 2000);

    [Theory]
    [InlineData("riscv")]
    [InlineData("riscv-g")]
    public void Tables(string model)
    {
        using RiscVMachine m = new(model);
        m.Map(Page, 0x9000);
        ulong root = m.Domain.Table.Root.Value;
        ulong[] pointers = [root, RiscVFirstStageFormat.TableAddress(m.Entry(Page, 2)), RiscVFirstStageFormat.TableAddress(m.Entry(Page, 1)), 0x9000, 1UL << 55];
        Gen.Select(Word(1, pointers).Array[16], Gen.Select(Gen.ULong, Gen.Bool).Array[1, 20]).Sample((words, accesses) =>
        {
            for (int i = 0; i < words.Length; i++)
                m.Memory.Word(new(pointers[i % 3] + (ulong)((i * 37 % 512) * 8))) = words[i];
            foreach ((ulong noise, bool isWrite) in accesses)
            {
                // Indices that meet the words above.
                ulong iova = (noise % 16 * 37 % 512 << 39) | (noise / 16 % 16 * 37 % 512 << 30) | (noise / 256 % 16 * 37 % 512 << 21) | (noise / 4096 % 16 * 37 % 512 << 12);
                m.Access(model == "riscv" && (iova >> 47) != 0 ? iova | 0xFFFF_0000_0000_0000 : iova, isWrite);
            }
            while (m.Unit.TryTakeFault(out RiscVFaultRecord record)) Assert.Contains((int)record.Cause, new[] { 5, 7, 13, 15, 21, 23 });
            m.Unit.FaultQueue.ClearErrors();
        }, iter: 500, threads: 1);
    }

    [Fact]
    public void Guest_tables() => Gen.Select(Gen.ULong.Array[3], Gen.Bool.Array[8]).Sample((words, choices) =>
    {
        using NestedMachine n = new(choices[0], choices[1]);
        n.MapGuest(Page, choices[2] ? NestedMachine.Data : words[0] & 0x00FF_FFFF_FFFF_F000);
        if (choices[3]) n.GuestEntry(1) = words[1];
        if (choices[4]) n.GuestEntry(2) = RiscVFirstStageFormat.EncodeTable(words[1] & 0x00FF_FFFF_FFFF_F000, 2);
        if (choices[5]) n.Host(NestedMachine.Leaves) = words[2];
        if (choices[6]) n.Guest(Page) = words[2] | 1;
        n.Machine.Access(Page, choices[7]);
        while (n.Machine.Unit.TryTakeFault(out RiscVFaultRecord record)) Assert.Contains((int)record.Cause, new[] { 5, 7, 13, 15, 21, 23 });
    }, iter: 2000);
}
