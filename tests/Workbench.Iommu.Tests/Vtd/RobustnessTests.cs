using CsCheck;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>Any bytes as descriptors, structures and tables: the unit faults or stops its queue, and goes on.</summary>
public sealed class RobustnessTests
{
    private const ulong Page = 0x5000;
    private static readonly string[] Models = ["vtd", "vtd-fs"];

    // Words with few bits, with many, and with addresses that exist.
    private static readonly Gen<ulong> Word = Gen.OneOf(Gen.ULong, Gen.Int[0, 63].Select(bit => 1UL << bit), Gen.ULong[0, 15], Gen.ULong[0, 511].Select(frame => PhysicalMemory.Base + (frame << 12) + 7), Gen.Const(0UL), Gen.Const(ulong.MaxValue));

    private static VtdMachine Machine(string model)
    {
        VtdMachine m = new(new() { Model = model, DeviceTlbEntries = 4 }, tracking: true, onPageRequest: _ => Workbench.Iommu.Ats.PageResponse.Failure);
        m.Map(Page, 0x9000);
        return m;
    }

    private static void Touch(VtdMachine m)
    {
        foreach (ulong iova in new[] { Page, 0UL, 0x20_0000UL, 0xFFFF_8000_0000_0000, ulong.MaxValue, 1UL << 50 })
        {
            foreach (RequesterId device in new[] { VtdMachine.Nic, VtdMachine.Disk })
            {
                Translation got = m.Access(iova, isWrite: true, device);
                Assert.True(got.Fault == FaultKind.None || got.Physical == 0);
                m.Access(iova, isWrite: false, device, 3);
                m.Hardware.Diagnose = !m.Hardware.Diagnose;
            }
        }
        while (m.Unit.TryTakeFault(out VtdFaultRecord record)) Assert.True(record.IsRecorded && Enum.IsDefined(record.Reason));
    }

    [Fact]
    public void Any_descriptor_is_executed_or_stops_the_queue() =>
        Gen.Select(Gen.OneOf(Models), Gen.Select(Gen.Int[0, 15], Word, Word, Word, Gen.Bool).Array[1, 20]).Sample((model, commands) =>
        {
            using VtdMachine m = Machine(model);
            foreach ((int type, ulong word0, ulong word1, ulong upper, bool isWide) in commands)
            {
                VtdDescriptor d = new((word0 & ~0xFUL) | (uint)type, word1, isWide ? upper : 0, 0);
                int head = m.Unit.QueueHead;
                m.Unit.WriteQueueTail(m.Enqueue(d));
                bool isValid = d.IsValid(m.Unit.Capability, m.Unit.Extended, out _);
                Assert.Equal((isValid, isValid ? (head + 1) % m.Unit.QueueLength : head), (m.Unit.QueueError == VtdDescriptorError.None, m.Unit.QueueHead));
                if (!isValid) m.Unit.SetQueue(m.Unit.QueueBase, m.Unit.QueueLength);
                Touch(m);
            }
        }, iter: 80);

    [Fact]
    public void Any_structure_leads_to_a_translation_or_a_fault() =>
        Gen.Select(Gen.OneOf(Models), Gen.Select(Gen.Int[0, 3], Gen.Int[0, 7], Word, Gen.Bool).Array[1, 8]).Sample((model, changes) =>
        {
            using VtdMachine m = Machine(model);
            ulong[] at = [m.Unit.RootTable!.Value.Value, m.RootEntry(VtdMachine.Nic) & ~0xFFFUL, m.ContextEntry(VtdMachine.Nic) & ~0xFFFUL, m.DirectoryEntry(VtdMachine.Nic) & ~0xFFFUL];
            int device = VtdMachine.Nic.DeviceFunction;
            foreach ((int structure, int index, ulong word, bool isPresent) in changes)
            {
                ulong offset = structure switch { 0 => (ulong)(index & 1) * 8, 1 => ((ulong)device * 32) + ((ulong)(index & 3) * 8), 2 => 0, _ => (ulong)index * 8 };
                m.Memory.Word(new(at[structure] + offset)) = isPresent && (structure != 3 || index == 0) ? word | 1 : word;
                m.Submit(VtdDescriptor.ContextCacheGlobal(), VtdDescriptor.IotlbGlobal());
                Touch(m);
            }
        }, iter: 120);

    // Second stage, first stage, and a first stage over a second whose tables are random too.
    [Fact]
    public void Any_table_leads_to_a_translation_or_a_fault() =>
        Gen.Select(Gen.OneOf("vtd", "vtd-fs", "nested"), Gen.Select(Gen.Int[0, 4], Gen.Int[0, 511], Word).Array[1, 30]).Sample((model, changes) =>
        {
            using VtdMachine m = Machine(model == "nested" ? "vtd" : model);
            List<ulong> tables = Tables(m.Memory, m.Domain.Table);
            if (model == "nested")
            {
                VtdNestedDomain guest = new(m.Driver, m.Protocol, m.Domain, new(20));
                guest.Map(Page, Page, 0x1000);
                guest.Attach(VtdMachine.Disk, null);
                guest.Attach(VtdMachine.Disk, new Pasid(3));
                tables = [.. Tables(m.Memory, guest.Table), tables[^1]];
            }
            foreach ((int table, int index, ulong word) in changes)
            {
                m.Memory.Word(new(tables[table % tables.Count] + ((index & 3) == 0 ? (ulong)index * 8 : Page >> 12 << 3))) = word;
                m.Submit(VtdDescriptor.IotlbGlobal(), VtdDescriptor.DeviceTlb(VtdMachine.Nic, new(0, 52)), VtdDescriptor.DeviceTlb(VtdMachine.Disk, new(0, 52)));
                Touch(m);
            }
        }, iter: 120);

    private static List<ulong> Tables(PhysicalMemory memory, IPageTable table)
    {
        List<ulong> tables = [table.Root.Value];
        for (int level = table.RootLevel; level > 0; level--) tables.Add(memory.Word(new(tables[^1] + (((Page >> X64Format.Shift(level)) & 511) << 3))) & X64Format.AddressMask);
        return tables;
    }

    // A page request queue that points nowhere is the software's fault, and no crash.
    [Fact]
    public void A_page_request_queue_without_memory_takes_nothing()
    {
        using VtdMachine m = Machine("vtd");
        m.Unit.SetPageRequestQueue(new(0x1000), 128, () => { });
        Assert.Equal(FaultKind.DeviceTranslationRefused, m.Write(0x8000).Fault);
    }
}
