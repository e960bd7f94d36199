using System.Diagnostics;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Amd;

/// <summary>Software's side of one unit, for either kind of table: device table, command buffer and logs, and how a range becomes commands.</summary>
internal sealed class AmdCommandQueue
{
    private const int Commands = 512;
    private const int LogEntries = 512;
    private const int DeviceTablePages = 512;

    private readonly PhysicalMemory memory;
    private readonly AmdUnit unit;
    private readonly DriverProfile profile;
    private readonly CommandRing ring;
    private readonly Spa deviceTable;
    private readonly Spa storeWord;
    private readonly SortedSet<RequesterId> devices = [];
    private ulong waits;
    private int pending;
    private int submitted;

    /// <summary>Sets the unit up: a device table in which every device is blocked, the command buffer and both logs.</summary>
    public AmdCommandQueue(PhysicalMemory memory, AmdUnit unit, DriverProfile profile)
    {
        (this.memory, this.unit, this.profile) = (memory, unit, profile);
        deviceTable = memory.AllocateContiguous(DeviceTablePages);
        // V = 1 and TV = 0 blocks; an entry of zeroes would let a device through untranslated.
        for (int i = 0; i <= ushort.MaxValue; i++) memory.Word(EntryAt(new((ushort)i))) = Blocked.Word0;
        unit.SetDeviceTable(deviceTable, DeviceTablePages);
        storeWord = memory.AllocateFrame();
        ring = new(memory, Commands, AmdCommand.WordCount);
        unit.SetCommandBuffer(ring.Base, ring.Length);
        unit.Events.Set(memory.AllocateContiguous(LogEntries * AmdEvent.SizeBytes / PhysicalMemory.FrameBytes), LogEntries);
        if (unit.Features.SupportsPageRequests) unit.PageRequests.Set(memory.AllocateContiguous(LogEntries * AmdPageRequest.SizeBytes / PhysicalMemory.FrameBytes), LogEntries);
    }

    /// <summary>The entry of a device that may do nothing.</summary>
    public static AmdDeviceTableEntry Blocked => new AmdDeviceTableEntry(0, 0) { IsValid = true };

    /// <summary>Commands submitted so far, waits included.</summary>
    public long CommandsSubmitted { get; private set; }

    /// <summary>Do devices have TLBs of their own?</summary>
    public bool HasDeviceTlbs => unit.Capability.SupportsDeviceTlb;

    /// <summary>A device's entry as memory holds it.</summary>
    public AmdDeviceTableEntry ReadEntry(RequesterId device)
    {
        Span<ulong> words = stackalloc ulong[AmdDeviceTableEntry.WordCount];
        memory.TryRead(EntryAt(device), words);
        return AmdDeviceTableEntry.Read(words);
    }

    /// <summary>Writes a device's entry, the word with V and TV last, and queues the command that makes hardware read it.</summary>
    public void WriteEntry(RequesterId device, in AmdDeviceTableEntry entry)
    {
        Span<ulong> words = stackalloc ulong[AmdDeviceTableEntry.WordCount];
        entry.Write(words);
        memory.Write(EntryAt(device), words);
        if (entry.TranslationIsValid) devices.Add(device);
        else devices.Remove(device);
        Enqueue(AmdCommand.InvalidateDeviceTableEntry(device));
    }

    private Spa EntryAt(RequesterId device) => new(deviceTable.Value + ((ulong)AmdDeviceTableEntry.IndexOf(device) * AmdDeviceTableEntry.SizeBytes));

    /// <summary>
    /// The ranges that a driver names for the hull of what changed; null if it names the whole domain instead: as Linux does beyond 2^52 bytes, or beyond the
    /// most commands that the profile allows.
    /// </summary>
    public IReadOnlyList<AlignedRange>? RangesOf(ulong firstByte, ulong lastByte, int leafLog2)
    {
        (ulong first, ulong last) = (firstByte & ~Bits.Mask(12), lastByte | Bits.Mask(12));
        // With NpCache a rounded range would drop what an emulated IOMMU must then build anew, so Linux covers it exactly.
        InvalidationShape shape = profile.Shape != InvalidationShape.AsLinux ? profile.Shape
            : unit.Capability.CachesNotPresent ? InvalidationShape.ExactPieces : InvalidationShape.AlignedPowerOfTwo;
        IEnumerable<AlignedRange> ranges = shape switch
        {
            InvalidationShape.WholeDomain => [],
            InvalidationShape.ExactPieces => AlignedRange.Exactly(first, last),
            InvalidationShape.PerLeaf => AlignedRange.InSteps(first, last, Math.Max(12, leafLog2)),
            InvalidationShape.AlignedPowerOfTwo => [AlignedRange.Enclosing(first, last)],
            _ => throw new UnreachableException($"invalidation shape {shape}"),
        };
        int most = profile.MostCommands == 0 ? int.MaxValue : profile.MostCommands;
        List<AlignedRange> named = [];
        foreach (AlignedRange range in ranges)
        {
            if (named.Count == most || range.SizeLog2 > AmdCommand.LargestUsualRangeLog2) return null;
            named.Add(range);
        }
        return named.Count == 0 ? null : named;
    }

    /// <summary>Queues the invalidation of what a device holds itself, of requests with a PASID or, if null, without.</summary>
    public void InvalidateDeviceTlb(RequesterId device, Pasid? pasid, IReadOnlyList<AlignedRange>? ranges)
    {
        if (!HasDeviceTlbs) return;
        foreach (AlignedRange range in ranges ?? Everything)
            Enqueue(pasid is { } space ? AmdCommand.InvalidateGuestDeviceTlb(device, space, new(range.Base), range.SizeLog2) : AmdCommand.InvalidateDeviceTlb(device, new(range.Base), range.SizeLog2));
    }

    /// <summary>The range of all addresses, where a command has to name one.</summary>
    public static IReadOnlyList<AlignedRange> Everything { get; } = [new(0, AlignedRange.MaximumAddressMask)];

    /// <summary>Devices that have a table now, in ascending order.</summary>
    public IReadOnlyCollection<RequesterId> Devices => devices;

    /// <summary>Puts a command into the buffer; hardware begins before it is full.</summary>
    public void Enqueue(in AmdCommand command)
    {
        Span<ulong> words = stackalloc ulong[AmdCommand.WordCount];
        command.Write(words);
        ring.Enqueue(words);
        submitted++;
        if (++pending == ring.Length - 1) Start();
    }

    private void Start()
    {
        unit.WriteCommandTail(ring.Tail);
        pending = 0;
        if (unit.CommandHead != ring.Tail)
            throw new UnreachableException($"The command buffer stopped at command {unit.CommandHead}: {unit.CommandError}.");
    }

    /// <summary>Ends what was queued with a completion wait, has it executed, and returns how many commands that were.</summary>
    public int Wait()
    {
        waits++;
        Enqueue(AmdCommand.CompletionWaitWithStore(storeWord, waits));
        Start();
        if (memory.Word(storeWord) != waits) throw new UnreachableException($"Completion wait {waits} stored nothing.");
        int count = submitted;
        submitted = 0;
        CommandsSubmitted += count;
        return count;
    }
}
