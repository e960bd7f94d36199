using Workbench.Display;
using Workbench.Replay.Costs;

namespace Workbench.Replay.Display;

/// <summary>An estimate: every cost that was met, with its range, where it comes from, and whether that is a guess.</summary>
internal sealed class CostEstimateDisplay : IDisplay<CostEstimate>
{
    /// <inheritdoc/>
    public static void Describe(CostEstimate value, ICard card)
    {
        card.Title("Cost estimate", value.Profile);
        CostRow[] met = [.. value.Rows.Where(r => r.Count > 0)];
        if (met.Length == 0)
        {
            card.Text("Nothing was counted that costs time.");
            return;
        }
        card.Facts([new("Software", ReplayFacts.Range(value.SoftwareNs)), new("IOMMU busy with walks", ReplayFacts.Range(value.Total(CostGroup.DeviceThroughput)))]);
        string[] sources = [.. met.Select(SourceOf).Distinct()];
        card.Table("Time in all: low - typical - high", [new("group"), new("part"), new("count", IsNumber: true), new("low", IsNumber: true), new("typical", IsNumber: true), new("high", IsNumber: true), new("source", IsNumber: true)],
            met.Select(r => (string[])[Quantity.Words(r.Group.ToString()), r.Name, Quantity.Count(r.Count), Quantity.Time(r.TotalNs.Low), Quantity.Time(r.TotalNs.Default), Quantity.Time(r.TotalNs.High), $"{(r.IsAssumed ? "assumed " : "")}[{Array.IndexOf(sources, SourceOf(r)) + 1}]"]));
        card.Notes("Sources", sources.Select((source, i) => $"[{i + 1}] {source}"));
        string[] unmet = [.. value.Rows.Where(r => r.Count <= 0).Select(r => r.Name).Distinct()];
        if (unmet.Length > 0) card.Fold($"{Quantity.Count(unmet.Length, "part")} with a count of 0", inner => inner.Text(string.Join(", ", unmet)));
    }

    private static string SourceOf(CostRow row) => row.Source.Length > 0 ? row.Source : "none given";
}
