using System.Diagnostics;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Memory;

namespace Workbench.Iommu.RiscV;

/// <content>Commands: ranges as Linux or another profile would name them, the fence after them, and devices after the fence.</content>
public sealed partial class RiscVProtocol
{
    private const int QueueCommands = 256;
    // Linux: more commands than this are replaced by one for everything.
    private const int MostCommandsOfLinux = 512;

    private readonly Spa statusWord;
    private readonly CommandRing ring;
    private uint fences;
    private int waiting;

    /// <inheritdoc/>
    public int InvalidateRange(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly, int leafLog2)
    {
        ArgumentNullException.ThrowIfNull(domain);
        int commands = 0;
        if (Pieces(firstByte, lastByte, leafOnly, leafLog2) is { } pieces)
            foreach (AlignedRange piece in pieces) commands += Enqueue(OfRange(domain, piece, nonLeaf: !leafOnly));
        else commands += Enqueue(WholeDomain(domain));
        commands += Fenced();
        AlignedRange hull = AlignedRange.Enclosing(firstByte, lastByte);
        return commands + InvalidateDevices(domain, hull.Base, hull.SizeLog2);
    }

    /// <inheritdoc/>
    public int InvalidateDomain(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Submit(WholeDomain(domain)) + InvalidateDevices(domain, 0, 64);
    }

    /// <inheritdoc/>
    public int InvalidateAll()
    {
        // Both stages: what is not there has no entries, and the commands cost little.
        int commands = Submit(RiscVCommand.IotinvalVma(), RiscVCommand.IotinvalGvma());
        if (!options.UsesAts || attachments.Count == 0) return commands;
        foreach (RequesterId device in attachments.Keys) commands += EnqueueForDevice(device, 0, 64);
        return commands + Fenced();
    }

    /// <summary>D is set before the data lands: there is nothing to wait for.</summary>
    public int Fence() => 0;

    /// <summary>The ranges that a change is named by, or null where the whole domain is.</summary>
    private IEnumerable<AlignedRange>? Pieces(ulong first, ulong last, bool leafOnly, int leafLog2)
    {
        // A changed table pointer needs NL; without it only a command without address reaches non-leaf entries.
        if (!leafOnly && !capabilities.SupportsNonLeafInvalidation) return null;
        bool isOnePage = first >> 12 == last >> 12;
        bool hasRanges = capabilities.SupportsRangeInvalidation;
        int stride = leafLog2 == 0 ? 12 : leafLog2;
        return options.Profile.Shape switch
        {
            InvalidationShape.WholeDomain => null,
            InvalidationShape.AsLinux or InvalidationShape.AlignedPowerOfTwo when hasRanges || isOnePage => [AlignedRange.Enclosing(first, last)],
            InvalidationShape.AsLinux => PerLeaf(first, last, stride, MostCommandsOfLinux),
            InvalidationShape.AlignedPowerOfTwo => null,
            InvalidationShape.ExactPieces when hasRanges => AtMost(AlignedRange.Exactly(first, last), options.Profile.MostCommands),
            InvalidationShape.ExactPieces => PerLeaf(first, last, 12, options.Profile.MostCommands),
            InvalidationShape.PerLeaf => PerLeaf(first, last, stride, options.Profile.MostCommands),
            _ => throw new UnreachableException($"invalidation shape {options.Profile.Shape}"),
        };
    }

    /// <summary>One address for each leaf that may have changed: a command with an address drops the whole leaf that holds it.</summary>
    private static IEnumerable<AlignedRange>? PerLeaf(ulong first, ulong last, int stride, int most) =>
        most != 0 && (last >> stride) - (first >> stride) >= (ulong)most ? null : AlignedRange.InSteps(first, last, stride).Select(leaf => new AlignedRange(leaf.Base, 0));

    private static AlignedRange[]? AtMost(IEnumerable<AlignedRange> pieces, int most)
    {
        AlignedRange[] all = [.. pieces];
        return most != 0 && all.Length > most ? null : all;
    }

    private RiscVCommand WholeDomain(Domain domain) =>
        HasSecondStage ? RiscVCommand.IotinvalGvma(domain.Id.Value) : RiscVCommand.IotinvalVma(pscid: domain.Id.Value);

    private RiscVCommand OfRange(Domain domain, AlignedRange range, bool nonLeaf) => HasSecondStage
        ? RiscVCommand.IotinvalGvmaRange(domain.Id.Value, range.Base, range.SizeLog2, nonLeaf)
        : RiscVCommand.IotinvalVmaRange(range.Base, range.SizeLog2, pscid: domain.Id.Value, nonLeaf: nonLeaf);

    /// <summary>What the domain's devices keep themselves goes after the IOTLB, or they could fetch it from there again.</summary>
    private int InvalidateDevices(Domain domain, ulong firstByte, int sizeLog2)
    {
        if (!options.UsesAts || domain.Attachments.Count == 0) return 0;
        int commands = 0;
        foreach ((RequesterId device, Pasid? pasid) in domain.Attachments)
        {
            commands += Enqueue(RiscVCommand.AtsInval(device, firstByte, sizeLog2, pasid));
            // PASID 0 is another name for requests without.
            if (pasid is null && processDirectories.ContainsKey(device)) commands += Enqueue(RiscVCommand.AtsInval(device, firstByte, sizeLog2, default(Pasid)));
        }
        return commands + Fenced();
    }

    /// <summary>Everything a device keeps: without PASID, and with any.</summary>
    private int EnqueueForDevice(RequesterId device, ulong firstByte, int sizeLog2)
    {
        int commands = Enqueue(RiscVCommand.AtsInval(device, firstByte, sizeLog2));
        if (processDirectories.ContainsKey(device)) commands += Enqueue(RiscVCommand.AtsInval(device, firstByte, sizeLog2, default(Pasid), everyProcess: true));
        return commands;
    }

    private int Submit(params ReadOnlySpan<RiscVCommand> commands)
    {
        foreach (RiscVCommand command in commands) Enqueue(command);
        return commands.Length + Fenced();
    }

    private int Enqueue(in RiscVCommand command)
    {
        // One place stays free, or a full queue would look empty.
        if (waiting == ring.Length - 1) Start();
        Span<ulong> words = stackalloc ulong[RiscVCommand.WordCount];
        command.Write(words);
        ring.Enqueue(words);
        waiting++;
        CommandsSubmitted++;
        return 1;
    }

    /// <summary>A fence, and the wait for its status: all commands before it have completed.</summary>
    private int Fenced()
    {
        fences = unchecked(fences + 1);
        Enqueue(RiscVCommand.IofenceC(statusWord, fences));
        Start();
        if ((uint)memory.Word(statusWord) != fences) throw Stopped();
        return 1;
    }

    private void Start()
    {
        unit.WriteQueueTail(ring.Tail);
        if (unit.QueueHead != ring.Tail) throw Stopped();
        waiting = 0;
    }

    private UnreachableException Stopped() =>
        new($"The command queue stopped at command {unit.QueueHead}: {(unit.QueueMemoryFaulted ? "cqcsr.cqmf" : unit.CommandError)}.");
}
