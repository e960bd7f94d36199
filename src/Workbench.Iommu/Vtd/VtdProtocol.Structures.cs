using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <content>Root, context and PASID structures in memory.</content>
public sealed partial class VtdProtocol
{
    private const int DirectorySizeCode = 7;

    private readonly Spa rootTable;

    /// <summary>Where the entry of a PASID lies; tables on the way are made as needed.</summary>
    private Spa PasidEntryAt(RequesterId device, Pasid pasid)
    {
        VtdContextEntry context = ContextOf(device);
        Spa directoryAt = new(context.PasidDirectory.Value + ((ulong)VtdPasidDirectoryEntry.IndexOf(pasid) * VtdPasidDirectoryEntry.SizeBytes));
        VtdPasidDirectoryEntry directory = new(memory.Word(directoryAt));
        if (!directory.IsPresent)
        {
            directory = new VtdPasidDirectoryEntry(0) { IsPresent = true, PasidTable = memory.AllocateFrame() };
            memory.Word(directoryAt) = directory.Word;
        }
        return new(directory.PasidTable.Value + ((ulong)VtdPasidTableEntry.IndexOf(pasid) * VtdPasidTableEntry.SizeBytes));
    }

    private VtdContextEntry ContextOf(RequesterId device)
    {
        Span<ulong> words = stackalloc ulong[VtdContextEntry.WordCount];
        Spa rootAt = new(rootTable.Value + ((ulong)VtdRootEntry.IndexOf(device) * VtdRootEntry.SizeBytes));
        memory.TryRead(rootAt, words[..VtdRootEntry.WordCount]);
        VtdRootEntry root = VtdRootEntry.Read(words);
        if (!root.IsPresentFor(device.DeviceFunction))
        {
            Spa table = memory.AllocateFrame();
            root = device.DeviceFunction < 128 ? root with { LowerContextTable = table, LowerIsPresent = true } : root with { UpperContextTable = table, UpperIsPresent = true };
            root.Write(words);
            memory.Write(rootAt, words[..VtdRootEntry.WordCount]);
        }
        Spa contextAt = new(root.ContextTableFor(device.DeviceFunction).Value + ((ulong)VtdContextEntry.IndexOf(device) * VtdContextEntry.SizeBytes));
        memory.TryRead(contextAt, words);
        VtdContextEntry context = VtdContextEntry.Read(words);
        if (context.IsPresent) return context;
        // A directory for all 2^20 PASIDs: 16,384 entries of 8 bytes.
        context = new VtdContextEntry(0, 0)
        {
            IsPresent = true,
            DeviceTlbIsEnabled = unit.Extended.SupportsDeviceTlb,
            PasidIsEnabled = unit.Extended.SupportsPasid,
            PageRequestIsEnabled = onPageRequest is not null,
            PasidDirectorySizeCode = DirectorySizeCode,
            PasidDirectory = memory.AllocateContiguous(32),
        };
        context.Write(words);
        memory.Write(contextAt, words);
        devices.Add(device);
        return context;
    }

    private VtdPasidTableEntry ReadEntry(Spa at)
    {
        Span<ulong> words = stackalloc ulong[VtdPasidTableEntry.WordCount];
        memory.TryRead(at, words);
        return VtdPasidTableEntry.Read(words);
    }

    private void WriteEntry(Spa at, in VtdPasidTableEntry entry)
    {
        Span<ulong> words = stackalloc ulong[VtdPasidTableEntry.WordCount];
        entry.Write(words);
        memory.Write(at, words);
    }
}
