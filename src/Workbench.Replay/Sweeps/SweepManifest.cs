using System.Text.Json;

namespace Workbench.Replay.Sweeps;

/// <summary>What a table of a sweep belongs to: kept in the table itself. Holds no clock time and no path.</summary>
public sealed record SweepManifest
{
    /// <summary>Under which key a Parquet file keeps it.</summary>
    public const string Key = "workbench.sweep";

    /// <summary>Version of the table's layout.</summary>
    public int Format { get; init; } = 1;
    /// <summary>Program and version.</summary>
    public required string Tool { get; init; }
    /// <summary>What decides about figures besides the sweep: a hash of the code that replayed. The same sources give the same build.</summary>
    public string Build { get; init; } = "";
    /// <summary>sha256 over traces, experiments and cost profiles: the same for the same sweep, however its file is written.</summary>
    public required string SweepSha256 { get; init; }
    /// <summary>Cells of the whole sweep.</summary>
    public required int Cells { get; init; }
    /// <summary>The varied properties, in the order in which they are crossed.</summary>
    public required IReadOnlyList<string> Varied { get; init; }
    /// <summary>The traces in their order.</summary>
    public required IReadOnlyList<SweepFile> Traces { get; init; }
    /// <summary>The cost profiles that cells use.</summary>
    public required IReadOnlyList<SweepFile> CostProfiles { get; init; }
    /// <summary>Which share of the cells the table holds, "2/8"; null: all of them.</summary>
    public string? Shard { get; init; }

    /// <summary>The manifest as the text that a table keeps.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ReplayJson.Default.SweepManifest);

    /// <summary>Reads the text of a table.</summary>
    public static SweepManifest Read(string json, string name) => ReplayJson.Read<SweepManifest>(json, name, "manifest of a sweep");
}

/// <summary>A file that a sweep used.</summary>
/// <param name="Name">Its name; of a workload, its parameters too.</param>
/// <param name="Sha256">sha256 of its bytes, lower-case hex; null for what is generated.</param>
public sealed record SweepFile(string Name, string? Sha256);
