using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Workbench.Display;
using Workbench.Races.Display;
using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races;

/// <summary>Verdicts on protocols by hardware.</summary>
[TypeFormatterSource(typeof(RaceTableFormatter))]
public sealed class RaceTable
{
    private readonly Dictionary<(string Protocol, string Hardware), RaceVerdict> verdicts = [];

    private RaceTable(IReadOnlyList<RaceProtocol> protocols, IReadOnlyList<HardwareRules> hardware)
    {
        (Protocols, Hardware) = (protocols, hardware);
    }

    /// <summary>Rows.</summary>
    public IReadOnlyList<RaceProtocol> Protocols { get; }
    /// <summary>Columns.</summary>
    public IReadOnlyList<HardwareRules> Hardware { get; }
    /// <summary>Cells by rows, then columns; a protocol that a vendor has no use for has none.</summary>
    public IReadOnlyList<RaceVerdict> Verdicts => [.. Protocols.SelectMany(p => Hardware.Select(h => Find(p, h))).OfType<RaceVerdict>()];

    /// <summary>One cell, or null.</summary>
    public RaceVerdict? Find(RaceProtocol protocol, HardwareRules hardware)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(hardware);
        return verdicts.GetValueOrDefault((protocol.Name, hardware.Name));
    }

    /// <summary>Is a protocol meant for this hardware?</summary>
    public static bool Concerns(RaceProtocol protocol, HardwareRules hardware)
    {
        ArgumentNullException.ThrowIfNull(protocol);
        ArgumentNullException.ThrowIfNull(hardware);
        return protocol.Vendors.Count == 0 ? hardware.IsShownByDefault : protocol.Vendors.Contains(hardware.Name);
    }

    /// <summary>Explores every cell, on so many threads; the table is the same for any number of them. <paramref name="progress"/> is told of each verdict.</summary>
    public static RaceTable Run(IReadOnlyList<RaceProtocol> protocols, IReadOnlyList<HardwareRules> hardware, RaceOptions? options = null, int threads = 1, Action<RaceVerdict>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(protocols);
        ArgumentNullException.ThrowIfNull(hardware);
        RaceTable table = new(protocols, hardware);
        List<(RaceProtocol, HardwareRules)> cells = [.. protocols.SelectMany(p => hardware.Where(h => Concerns(p, h)).Select(h => (p, h)))];
        ConcurrentBag<RaceVerdict> made = [];
        ConcurrentBag<(SearchMemory, SearchMemory)> memories = [];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancel };
        try
        {
            Parallel.ForEach(Partitioner.Create(cells, EnumerablePartitionerOptions.NoBuffering), parallel, Judge);
        }
        catch (AggregateException several) when (several.InnerExceptions.Count > 0)
        {
            // One is enough to tell what is wrong, and is what a single search would have thrown.
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
        foreach (RaceVerdict verdict in made) table.verdicts[(verdict.Protocol.Name, verdict.Hardware.Name)] = verdict;
        return table;

        void Judge((RaceProtocol Protocol, HardwareRules Hardware) cell)
        {
            if (!memories.TryTake(out (SearchMemory, SearchMemory) memory)) memory = (new(), new());
            RaceVerdict verdict = RaceChecker.Check(cell.Protocol, cell.Hardware, options, memory.Item1, memory.Item2, cancel);
            memories.Add(memory);
            made.Add(verdict);
            if (progress is null) return;
            lock (table.verdicts) progress(verdict);
        }
    }
}
