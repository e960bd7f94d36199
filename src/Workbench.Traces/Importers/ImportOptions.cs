namespace Workbench.Traces.Importers;

/// <summary>What to import and what is known about it beside the files themselves.</summary>
public sealed record ImportOptions
{
    /// <summary>QEMU's log (the device side), or null.</summary>
    public InputFile? Qemu { get; init; }
    /// <summary>The guest kernel's trace (ftrace text, trace-cmd text or .dat, perf script), or null.</summary>
    public InputFile? Guest { get; init; }
    /// <summary>Events as CSV, or null.</summary>
    public InputFile? Csv { get; init; }
    /// <summary>Count and pass over lines that cannot be understood, instead of stopping.</summary>
    public bool SkipBad { get; init; }
    /// <summary>Guest trace alone: take each unmap as an access by the device, in the direction its mapping allowed (flagged as inferred).</summary>
    public bool InferAccesses { get; init; }
    /// <summary>One line that names the trace.</summary>
    public string Title { get; init; } = "";
    /// <summary>The command line, for the provenance.</summary>
    public string HowMade { get; init; } = "";
    /// <summary>Program and version, for the provenance.</summary>
    public string Tool { get; init; } = "";
    /// <summary>The view a migration of this guest tracks, "gpa" or "iova"; null: gpa where physical addresses are known.</summary>
    public string? MigrationView { get; init; }
    /// <summary>Guest memory, where known.</summary>
    public IReadOnlyList<TraceMemoryRange> GuestMemory { get; init; } = [];
    /// <summary>The licence of the recording.</summary>
    public string? License { get; init; }
}
