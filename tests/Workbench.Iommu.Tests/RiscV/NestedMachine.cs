using Workbench.Iommu.RiscV;

namespace Workbench.Iommu.Tests.RiscV;

/// <summary>
/// A machine of both stages: the domain's table is the second, and a guest has an Sv39 table of one page per level at guest addresses
/// 0x10000 (root), 0x11000 and 0x12000, which maps IOVA 0 to 2 MiB. The context has PSCID 3, GSCID 7.
/// </summary>
internal sealed class NestedMachine : IDisposable
{
    public const ulong Root = 0x1_0000, Middle = 0x1_1000, Leaves = 0x1_2000, Data = 0x4_0000;
    private const ulong Sade = 1UL << 8, Gade = 1UL << 7;

    private readonly Spa[] frames;

    public NestedMachine(bool sade = true, bool gade = true, IommuSpec? spec = null)
    {
        Machine = new("riscv-g", spec);
        frames = [Machine.Memory.AllocateFrame(), Machine.Memory.AllocateFrame(), Machine.Memory.AllocateFrame()];
        for (int i = 0; i < 3; i++) Machine.Map(Root + ((ulong)i << 12), frames[i].Value, largest: 12);
        Machine.Map(Data, 0x9_0000, 0x4000, largest: 12);
        Machine.Memory.Word(frames[0]) = RiscVFirstStageFormat.EncodeTable(Middle, 2);
        Machine.Memory.Word(frames[1]) = RiscVFirstStageFormat.EncodeTable(Leaves, 1);
        ref ulong tc = ref Machine.DeviceContext(RiscVMachine.Nic);
        tc = (tc & ~(Sade | Gade)) | (sade ? Sade : 0) | (gade ? Gade : 0);
        Machine.DeviceContext(RiscVMachine.Nic, 2) = 3UL << 12;
        Machine.DeviceContext(RiscVMachine.Nic, 3) = (8UL << 60) | (Root >> 12);
    }

    public RiscVMachine Machine { get; }

    public void Dispose() => Machine.Dispose();

    /// <summary>The guest's own leaf for a page of the first 2 MiB.</summary>
    public ref ulong Guest(ulong iova) => ref Machine.Memory.Word(new(frames[2].Value + ((iova >> 12) * 8)));

    public ref ulong GuestEntry(int level) => ref Machine.Memory.Word(frames[2 - level]);

    /// <summary>The second stage's leaf for a guest page.</summary>
    public ref ulong Host(ulong gpa) => ref Machine.Entry(gpa, 0);

    /// <summary>Makes the guest map an IOVA to a guest address.</summary>
    public void MapGuest(ulong iova, ulong gpa, ulong flags = 0x17) => Guest(iova) = (gpa >> 2) | flags;
}
