namespace Workbench.Traces.Importers;

/// <summary>What an import found.</summary>
public sealed record ImportReport
{
    /// <summary>The provenance as written to the file.</summary>
    public required TraceProvenance Provenance { get; init; }
    /// <summary>Lines passed over as bad.</summary>
    public long BadLines { get; init; }
    /// <summary>Translations in the work window (mark 2 to mark 9), where the recording has one.</summary>
    public long WindowTranslations { get; init; }
    /// <summary>Those of them inside a recorded mapping.</summary>
    public long WindowInside { get; init; }
}
