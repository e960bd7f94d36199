using Workbench.Races.Search;

namespace Workbench.Races.Output;

/// <summary>Where parts of the machine stand in a sequence diagram, from left to right: who talks to whom most stands side by side.</summary>
internal enum Lane
{
    Software,
    Memory,
    Iommu,
    Device,
}

/// <summary>A step as a sequence diagram has it: from one lane to another, or within one.</summary>
internal readonly record struct SequenceArrow(Lane From, Lane To)
{
    /// <summary>Lanes by name, in order.</summary>
    public static IReadOnlyList<string> Names { get; } = ["Software", "Memory", "IOMMU", "Device"];

    /// <summary>Does it stay in one lane?</summary>
    public bool IsWithin => From == To;

    public static SequenceArrow Of(CounterexampleStep step) => step.Kind switch
    {
        StepKind.Software => OfStatement(step.Text),
        StepKind.Hit when step.Text.Contains("device's own", StringComparison.Ordinal) => new(Lane.Device, Lane.Device),
        StepKind.Hit or StepKind.Miss => new(Lane.Device, Lane.Iommu),
        StepKind.ReadBlock or StepKind.ReadLeaf => new(Lane.Memory, Lane.Iommu),
        StepKind.Mark or StepKind.Publish => new(Lane.Iommu, Lane.Memory),
        StepKind.Land => new(Lane.Device, Lane.Memory),
        StepKind.Fault => new(Lane.Iommu, Lane.Device),
        StepKind.Evict or StepKind.Execute => new(Lane.Iommu, Lane.Iommu),
        _ => new(Lane.Software, Lane.Software),
    };

    private static SequenceArrow OfStatement(string text) => text.Split(' ', 2)[0] switch
    {
        _ when text.EndsWith("skipped)", StringComparison.Ordinal) => new(Lane.Software, Lane.Software),
        "load" or "copy" => new(Lane.Memory, Lane.Software),
        "store" or "swap" or "clean" or "cas" or "tracking" => new(Lane.Software, Lane.Memory),
        "flush" => new(Lane.Software, Lane.Iommu),
        "wait" => text.EndsWith("(begun)", StringComparison.Ordinal) ? new(Lane.Software, Lane.Iommu) : new(Lane.Iommu, Lane.Software),
        "stop" => new(Lane.Software, Lane.Device),
        "drain" => new(Lane.Device, Lane.Software),
        _ => new(Lane.Software, Lane.Software),
    };
}
