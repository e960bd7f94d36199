using System.Diagnostics;
using Workbench.Iommu.Invalidation;

namespace Workbench.Iommu.Smmu;

/// <content>Invalidation: TLBI, CMD_SYNC, and for devices with ATS only then ATC_INV and another CMD_SYNC.</content>
public sealed partial class SmmuProtocol
{
    private const int BatchCommands = 64;

    /// <inheritdoc/>
    public int InvalidateRange(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly, int leafLog2) =>
        Invalidate(domain, firstByte, lastByte, leafOnly, leafLog2, levelHint: 0);

    /// <summary>With a level hint if only leaves changed and all are of one level: the part keeps those of other levels.</summary>
    public int InvalidateGather(Domain domain, InvalidationGather gather)
    {
        ArgumentNullException.ThrowIfNull(gather);
        int level = LevelOf(gather.SmallestLeafLog2);
        bool isUniform = !gather.TablesFreed && gather.SmallestLeafLog2 != 0 && level == LevelOf(gather.LargestLeafLog2);
        return Invalidate(domain, gather.FirstByte, gather.LastByte, !gather.TablesFreed, gather.SmallestLeafLog2, isUniform ? 3 - level : 0);
    }

    /// <inheritdoc/>
    public int InvalidateDomain(Domain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return Submit(WholeOf(domain)) + InvalidateDevices(domain, 0, ulong.MaxValue);
    }

    /// <inheritdoc/>
    public int InvalidateAll()
    {
        int count = Submit(SmmuCommand.TlbiNsnhAll());
        if (!unit.Features.SupportsAts) return count;
        return count + Submit([.. connected.Order().Select(device => SmmuCommand.AtcInvalidate(device.Value, 0, 64))]);
    }

    /// <summary>CMD_SYNC: what finished accesses updated is visible. Needed before the last scan if updates may lag.</summary>
    public int Fence() => Submit();

    private int LevelOf(int leafLog2) => leafLog2 == 0 ? -1 : (leafLog2 - granule.SizeLog2) / granule.BitsPerLevel;

    private SmmuCommand WholeOf(Domain domain) => settings.IsStage2 ? SmmuCommand.TlbiS12VmAll(domain.Id.Value) : SmmuCommand.TlbiNhAsid(0, domain.Id.Value);

    private int Invalidate(Domain domain, ulong firstByte, ulong lastByte, bool leafOnly, int leafLog2, int levelHint)
    {
        ArgumentNullException.ThrowIfNull(domain);
        List<SmmuTlbiRange>? plan = SmmuInvalidationPlan.Of(settings.Profile, granule, unit.Features.SupportsRangeInvalidation, firstByte, lastByte, leafOnly, leafLog2, levelHint);
        int count = plan is null ? Submit(WholeOf(domain))
            : Submit([.. plan.Select(range => settings.IsStage2 ? SmmuCommand.TlbiS2Ipa(domain.Id.Value, range, leafOnly) : SmmuCommand.TlbiNhVa(0, domain.Id.Value, range, leafOnly))]);
        return count + InvalidateDevices(domain, firstByte, lastByte);
    }

    /// <summary>One aligned power of two around the range for each device, after the SMMU's own TLB: it could fill the device's again.</summary>
    private int InvalidateDevices(Domain domain, ulong firstByte, ulong lastByte)
    {
        if (!unit.Features.SupportsAts || domain.Attachments.Count == 0) return 0;
        AlignedRange around = settings.Profile.Shape == InvalidationShape.WholeDomain ? AlignedRange.Enclosing(0, ulong.MaxValue) : AlignedRange.Enclosing(firstByte, lastByte);
        return Submit([.. domain.Attachments.Select(a => SmmuCommand.AtcInvalidate(a.Device.Value, around.Base, around.SizeLog2, a.Pasid))]);
    }

    /// <summary>Queues commands and a CMD_SYNC, telling the SMMU after each batch, and waits.</summary>
    private int Submit(params ReadOnlySpan<SmmuCommand> commands)
    {
        for (int i = 0; i < commands.Length; i++)
        {
            Enqueue(commands[i]);
            if (i % BatchCommands == BatchCommands - 1) Ring();
        }
        Enqueue(SmmuCommand.Sync());
        Ring();
        CommandsSubmitted += commands.Length + 1;
        return commands.Length + 1;
    }

    private void Ring()
    {
        unit.WriteCommandProducer(producer);
        if (unit.CommandConsumer != producer) throw new UnreachableException($"The command queue stopped at index {unit.CommandConsumer & 0xFFFFF}: {unit.CommandError}, {unit.IllegalCommand}.");
    }

    private void Enqueue(in SmmuCommand command)
    {
        Span<ulong> words = stackalloc ulong[SmmuCommand.WordCount];
        command.Write(words);
        ring.Enqueue(words);
        producer = (producer + 1) & ((2u << QueueLog2) - 1);
    }
}
