using Workbench.Iommu;

namespace Workbench.Traces.Synthetic;

/// <summary>A named workload: the streams that the performance figures of this project are given for. The same name, seed and rate give the same events on every platform.</summary>
public sealed class SyntheticWorkload
{
    private const ulong Start = 64UL << 30;
    // With an odd page between IOVA and physical address no leaf but 4 KiB is possible.
    private const ulong SmallPagesOnly = (64UL << 30) + 0x1000;
    // A multiple of 2 MiB and not of 1 GiB.
    private const ulong LargePagesOnly = (64UL << 30) + 0x20_0000;

    private readonly Func<IAccessPattern> pattern;

    private SyntheticWorkload(string name, string description, IReadOnlyList<SyntheticMapping> mappings, Func<IAccessPattern> pattern)
    {
        Name = name;
        Description = description;
        Mappings = mappings;
        this.pattern = pattern;
    }

    /// <summary>The catalogue.</summary>
    public static IReadOnlyList<SyntheticWorkload> All { get; } =
    [
        Ring("nic1024", 1024),
        Ring("nic4096", 4096),
        Uniform("uni1g", "1 GiB", 18),
        Uniform("uni64g", "64 GiB", 24),
        One("zipf1m", "Zipf(0.99) over 2^20 pages, scattered by a fixed bijection; 512 bytes, half of them writes. 4 KiB pages.",
            1UL << 32, SmallPagesOnly, static d => new ZipfPattern(d, Start, 20, new(20))),
        One("seq2m", "4 KiB writes in address order over 64 GiB. 2 MiB pages.", 64UL << 30, LargePagesOnly, static d => new SequentialPattern(d, Start, 24)),
        Scatter(),
    ];

    /// <summary>What it is called on the command line.</summary>
    public string Name { get; }
    /// <summary>What its devices do, in a sentence or two.</summary>
    public string Description { get; }
    /// <summary>What is mapped before the first access: everything the stream touches.</summary>
    public IReadOnlyList<SyntheticMapping> Mappings { get; }

    /// <summary>Finds a workload by its name.</summary>
    public static SyntheticWorkload Find(string name) =>
        All.FirstOrDefault(workload => workload.Name == name)
        ?? throw new ArgumentException($"There is no synthetic workload '{name}'; there are {string.Join(", ", All.Select(static workload => workload.Name))}.", nameof(name));

    /// <summary>Begins the trace.</summary>
    /// <param name="seed">Any number; the ring and sequential workloads do not depend on it.</param>
    /// <param name="nanosecondsPerEvent">Time from one access to the next, 0 to 1,000,000,000 ns.</param>
    public SyntheticStream Begin(ulong seed = 1, long nanosecondsPerEvent = 100)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(nanosecondsPerEvent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nanosecondsPerEvent, 1_000_000_000);
        return new(Mappings, pattern(), seed, nanosecondsPerEvent);
    }

    private static SyntheticWorkload Ring(string name, int buffers) =>
        One(name, $"A network receive ring of {buffers} buffers of 4 KiB: per packet a 1500-byte write at buffer + 64 and a 16-byte completion, every fourth packet a 64-byte descriptor read. 4 KiB pages.",
            RingPattern.SpanBytes(buffers), SmallPagesOnly, device => new RingPattern(device, Start, buffers));

    private static SyntheticWorkload Uniform(string name, string span, int pagesLog2) =>
        One(name, $"Uniformly random pages over {span}; 512 bytes, half of them writes. 4 KiB pages.", 4096UL << pagesLog2, SmallPagesOnly, device => new UniformPattern(device, Start, pagesLog2));

    private static SyntheticWorkload One(string name, string description, ulong bytes, ulong distance, Func<RequesterId, IAccessPattern> pattern)
    {
        RequesterId device = RequesterId.Of(0, 1, 0);
        return new(name, description, [new(device, new(1), Start, bytes, Start + distance)], () => pattern(device));
    }

    private static SyntheticWorkload Scatter()
    {
        const int Devices = 64, Buffers = 256, PagesLog2 = 16;
        SyntheticMapping[] mappings = new SyntheticMapping[Devices];
        for (int i = 0; i < Devices; i++)
        {
            ulong bytes = i % 4 == 0 ? RingPattern.SpanBytes(Buffers) : 4096UL << PagesLog2;
            // 1 GiB of physical addresses for each device, of which it uses at most a quarter.
            mappings[i] = new(RequesterId.Of(1 + (i / 8), i % 8, 0), new((ushort)(i + 1)), Start, bytes, Start + SmallPagesOnly + ((ulong)i << 30));
        }
        return new("scatter", "64 devices in bursts of 1 to 8 events: a quarter rings of 256 buffers, a quarter uniform over 256 MiB, a quarter Zipf over 64 Ki pages, a quarter sequential over 256 MiB. 4 KiB pages.",
            mappings, () =>
            {
                ZipfTable table = new(PagesLog2);
                IAccessPattern[] patterns = new IAccessPattern[Devices];
                for (int i = 0; i < Devices; i++)
                {
                    RequesterId device = mappings[i].Device;
                    patterns[i] = (i % 4) switch
                    {
                        0 => new RingPattern(device, Start, Buffers),
                        1 => new UniformPattern(device, Start, PagesLog2),
                        2 => new ZipfPattern(device, Start, PagesLog2, table),
                        _ => new SequentialPattern(device, Start, PagesLog2),
                    };
                }
                return new BurstPattern(patterns);
            });
    }
}
