namespace Workbench.Iommu.Invalidation;

/// <summary>How a driver's software turns "this range changed" into commands. The hardware's own limits (MAMV, RIL, S) apply on top.</summary>
public sealed record DriverProfile
{
    /// <summary>Name, for messages and results.</summary>
    public required string Name { get; init; }
    /// <summary>How a range becomes commands.</summary>
    public required InvalidationShape Shape { get; init; }
    /// <summary>Beyond so many commands the whole domain is invalidated at once; 0: never.</summary>
    public int MostCommands { get; init; }
    /// <summary>Are new leaves written dirty where the format knows writable-clean and writable-dirty, as Linux does on SMMUv3?</summary>
    public bool MapsDirty { get; init; }

    /// <summary>What Linux does, which differs by vendor: the vendor's driver resolves it (its README says to what).</summary>
    public static DriverProfile Linux { get; } = new() { Name = "linux", Shape = InvalidationShape.AsLinux };

    /// <summary>The profiles there are, by name.</summary>
    public static IReadOnlyList<DriverProfile> All { get; } =
    [
        Linux,
        new() { Name = "aligned", Shape = InvalidationShape.AlignedPowerOfTwo },
        new() { Name = "exact", Shape = InvalidationShape.ExactPieces },
        new() { Name = "per-page", Shape = InvalidationShape.PerLeaf, MostCommands = 512 },
        new() { Name = "whole-domain", Shape = InvalidationShape.WholeDomain },
    ];

    /// <summary>The profile of a name, or null.</summary>
    public static DriverProfile? Find(string name) => All.FirstOrDefault(p => p.Name == name);
}
