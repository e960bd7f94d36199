using System.Globalization;

namespace Workbench.Iommu.Caches;

/// <summary>Shape and policy of an IOTLB. Written SETSxWAYS[:replacement[:index[:seed[:no-walk-caches][:4K-entries]]]], e.g. 16x4:lru:hash, or as a preset's name.</summary>
public sealed record IotlbGeometry
{
    private static readonly (string Name, IotlbGeometry Geometry, string About)[] Presets =
    [
        ("assumed-64", new() { Sets = 16, Ways = 4 }, "64 entries, 4-way LRU: an assumed small part"),
        ("assumed-4096", new() { Sets = 1024, Ways = 4 }, "4096 entries, 4-way LRU: an assumed large part"),
        ("haswell-128", new() { Sets = 1, Ways = 128 }, "128 entries, LRU: the size fitted to published Haswell measurements"),
        ("qemu-vtd", new() { Sets = 1, Ways = 1024, Replacement = Replacement.FlushWhenFull, WalkCaches = false }, "QEMU's VT-d: 1024 entries, emptied when full, no paging-structure caches"),
        ("qemu-amdvi", new() { Sets = 1, Ways = 1024, Replacement = Replacement.FlushWhenFull, WalkCaches = false, SplitsLargePages = true }, "QEMU's AMD-Vi: as qemu-vtd, with entries of 4 KiB whatever the page's size"),
        ("qemu-smmu", new() { Sets = 1, Ways = 256, Replacement = Replacement.FlushWhenFull, WalkCaches = false }, "QEMU's SMMUv3: 256 entries, emptied when full, no paging-structure caches"),
    ];

    /// <summary>Sets, a power of two from 1 to 2^20.</summary>
    public required int Sets { get; init; }
    /// <summary>Ways of each set, 1 to 65,536; above 16 only with one set.</summary>
    public required int Ways { get; init; }
    /// <summary>What a full set gives up.</summary>
    public Replacement Replacement { get; init; }
    /// <summary>How the set is chosen.</summary>
    public IndexFunction Index { get; init; }
    /// <summary>Seed of the random replacement.</summary>
    public ulong Seed { get; init; } = 1;
    /// <summary>Does the IOMMU also have paging-structure caches?</summary>
    public bool WalkCaches { get; init; } = true;
    /// <summary>Does an entry hold 4 KiB at most, so that a larger page takes an entry for each of its pieces that is used?</summary>
    public bool SplitsLargePages { get; init; }

    /// <summary>Entries in all.</summary>
    public int Entries => Sets * Ways;
    /// <summary>One set: any entry can hold any page, found by a hash.</summary>
    public bool IsFullyAssociative => Sets == 1;

    /// <summary>Names and meaning of the presets.</summary>
    public static IEnumerable<(string Name, string About)> PresetNames => Presets.Select(p => (p.Name, p.About));

    /// <summary>Every reason why this geometry cannot be built; empty if it can.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        if (Sets is < 1 or > 1 << 20 || (Sets & (Sets - 1)) != 0) problems.Add($"{Sets} sets: a power of two from 1 to 1048576 is needed.");
        if (Ways is < 1 or > 65536) problems.Add($"{Ways} ways: 1 to 65536 are possible.");
        else if (Ways > 16 && Sets != 1) problems.Add($"{Ways} ways in {Sets} sets: above 16 ways only one set is possible (write 1x{(long)Ways * Sets}).");
        if (Replacement == Replacement.FlushWhenFull && Sets != 1) problems.Add("flush-when-full is modelled for one set only.");
        return problems;
    }

    /// <summary>Reads the written form or a preset's name; the error says what is allowed.</summary>
    public static bool TryParse(string text, out IotlbGeometry geometry, out string error)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach ((string name, IotlbGeometry preset, _) in Presets)
        {
            if (name != text) continue;
            (geometry, error) = (preset, "");
            return true;
        }
        geometry = Presets[0].Geometry;
        error = $"IOTLB '{text}' is neither a preset ({string.Join(", ", Presets.Select(p => p.Name))}) nor SETSxWAYS[:lru|fifo|round-robin|random|flush-when-full[:modulo|hash[:seed[:no-walk-caches][:4K-entries]]]], e.g. 16x4:lru:hash (16 sets of 4 ways).";
        string[] parts = text.Split(':');
        string[] shape = parts[0].Split('x');
        if (shape.Length != 2 || parts.Length > 6 || !Number(shape[0], out int sets) || !Number(shape[1], out int ways)) return false;
        Replacement? replacement = parts.Length < 2 ? Replacement.Lru : parts[1] switch
        {
            "lru" => Replacement.Lru,
            "fifo" => Replacement.Fifo,
            "round-robin" => Replacement.RoundRobin,
            "random" => Replacement.Random,
            "flush-when-full" => Replacement.FlushWhenFull,
            _ => null,
        };
        IndexFunction? index = parts.Length < 3 ? IndexFunction.Modulo : parts[2] switch { "modulo" => IndexFunction.Modulo, "hash" => IndexFunction.Hash, _ => null };
        ulong seed = 1;
        if (replacement is null || index is null || (parts.Length >= 4 && !ulong.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out seed))) return false;
        bool walkCaches = !parts.Skip(4).Contains("no-walk-caches"), splits = parts.Skip(4).Contains("4K-entries");
        if (parts.Length - 4 > (walkCaches ? 0 : 1) + (splits ? 1 : 0)) return false;
        geometry = new() { Sets = sets, Ways = ways, Replacement = replacement.Value, Index = index.Value, Seed = seed, WalkCaches = walkCaches, SplitsLargePages = splits };
        if (geometry.Problems() is { Count: > 0 } problems)
        {
            error = $"IOTLB '{text}': {string.Join(" ", problems)}";
            return false;
        }
        error = "";
        return true;

        static bool Number(string part, out int value) => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>The written form that <see cref="TryParse"/> reads back.</summary>
    public override string ToString()
    {
        foreach ((string name, IotlbGeometry preset, _) in Presets)
            if (preset == this) return name;
        string replacement = Replacement switch
        {
            Replacement.Lru => "lru",
            Replacement.Fifo => "fifo",
            Replacement.RoundRobin => "round-robin",
            Replacement.Random => "random",
            _ => "flush-when-full",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Sets}x{Ways}:{replacement}:{(Index == IndexFunction.Hash ? "hash" : "modulo")}:{Seed}{(WalkCaches ? "" : ":no-walk-caches")}{(SplitsLargePages ? ":4K-entries" : "")}");
    }
}
