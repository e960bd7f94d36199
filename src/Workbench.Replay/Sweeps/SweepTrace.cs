using System.Globalization;
using System.Security.Cryptography;
using Workbench.Traces;
using Workbench.Traces.Native;
using Workbench.Traces.Synthetic;

namespace Workbench.Replay.Sweeps;

/// <summary>One trace of a sweep: a file, or a workload that is generated as it is replayed.</summary>
public sealed class SweepTrace
{
    private readonly Func<ITraceSource> open;
    private readonly Lazy<string?> sha256;

    private SweepTrace(string name, Func<ITraceSource> open, Func<string?> hash) => (Name, this.open, sha256) = (name, open, new(hash));

    /// <summary>The file's name without folders, or the workload with its parameters.</summary>
    public string Name { get; }
    /// <summary>sha256 of the file, lower-case hex; null for a workload, whose name says all.</summary>
    public string? Sha256 => sha256.Value;
    /// <summary>Events in the trace; 0 if the file cannot be opened.</summary>
    public long Events { get; private init; }
    /// <summary>Trace time it takes, ns, as far as that is known beforehand.</summary>
    internal long DurationNs { get; private init; }
    /// <summary>Memory its devices may reach, bytes, as far as that is known beforehand.</summary>
    internal ulong MappedBytes { get; private init; }

    /// <summary>A .dmat file.</summary>
    public static SweepTrace OfFile(string path)
    {
        string name = Path.GetFileName(path);
        DmatReader reader() => DmatReader.Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1), name);
        long events = 0, durationNs = 0;
        ulong mapped = 0;
        try
        {
            using DmatReader opened = reader();
            (events, durationNs) = (opened.EventCount, unchecked(opened.LastTimeNs - opened.FirstTimeNs));
            foreach (TraceMemoryRange range in opened.Provenance.GuestMemory) mapped = unchecked(mapped + range.Length);
        }
        catch (Exception e) when (e is TraceFormatException or IOException or UnauthorizedAccessException)
        {
            // Its cells say so, each in its row.
        }
        return new(name, () => new DmatSource(reader()), () =>
        {
            using FileStream file = File.OpenRead(path);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        })
        { Events = events, DurationNs = durationNs, MappedBytes = mapped };
    }

    /// <summary>A workload; see <see cref="SyntheticSource"/> for the parameters.</summary>
    public static SweepTrace OfWorkload(SyntheticWorkload workload, long accesses, ulong seed, long nanosecondsPerEvent)
    {
        ArgumentNullException.ThrowIfNull(workload);
        string name = string.Create(CultureInfo.InvariantCulture, $"{workload.Name} events={accesses} seed={seed} nsPerEvent={nanosecondsPerEvent}");
        return new(name, () => new SyntheticSource(workload, accesses, seed, nanosecondsPerEvent), static () => null)
        {
            Events = accesses + (2 * workload.Mappings.Count), DurationNs = nanosecondsPerEvent > 0 && accesses > long.MaxValue / nanosecondsPerEvent ? long.MaxValue : accesses * nanosecondsPerEvent,
            MappedBytes = workload.Mappings.Aggregate(0UL, (sum, m) => unchecked(sum + m.Length)),
        };
    }

    /// <summary>Opens it from its beginning; dispose what is <see cref="IDisposable"/>.</summary>
    public ITraceSource Open() => open();
}
