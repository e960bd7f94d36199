using Microsoft.DotNet.Interactive.Formatting;
using Workbench.Iommu;
using Workbench.Iommu.Dirty;
using Workbench.Iommu.Faults;
using Workbench.Iommu.Memory;
using Workbench.Iommu.PageTables;
using Workbench.Replay.Costs;
using Workbench.Testing;
using Workbench.Traces;
using Xunit;

namespace Workbench.Replay.Tests.Display;

/// <summary>The formatting library of .NET Interactive finds our formatters by the convention, for classes, structs and generic types of all three projects.</summary>
public sealed class FormattingLibraryTests
{
    [Fact]
    public void It_shows_each_type_as_the_type_wants()
    {
        using PhysicalMemory memory = new(64UL << 20);
        using IIommuDriver driver = IommuCatalogue.Build(new());
        ReplayResult result = Small.Trace().At(10_000).Write(0, 8).Run(Small.InIova);
        object[] values =
        [
            new Fault(FaultKind.NotPresent, Small.First, null, new Iova(0x1000), IsWrite: true), new Translation { Physical = 0x5000, PageLog2 = 12 }, default(IommuCounters), new PageSet(),
            new PageTable<X64Format>(memory, 4), driver.CreateDomain(new(1)), new IommuSpec(),
            new TraceProvenance { Title = "a title" }, TraceEvent.Write(5, Small.First, 0x1000, 64),
            result, ReplaySummary.Of(result, Small.InIova, "small.dmat"), Manifest(), new MissedPage(new(1), 5, 7, Small.First, "a cause"), result.Costs, new CostRange(1, 2, 3), new Experiment(),
        ];
        foreach (object value in values)
        {
            Assert.Equal(["text/html", "text/plain"], Formatter.GetPreferredMimeTypesFor(value.GetType()).Take(2));
            Assert.Equal(Shown.Html(value), value.ToDisplayString("text/html"));
            Assert.Equal(Shown.Text(value), value.ToDisplayString("text/plain"));
        }
    }

    internal static RunManifest Manifest() => new()
    {
        Tool = "workbench 0.1.0", Trace = "small.dmat", TraceSha256 = new string('a', 60) + "0123", Experiment = Small.InIova with { Flush = FlushStrategy.PerChunk, Costs = new() { ScanNs = 7 } },
        ExperimentSha256 = new string('b', 60) + "4567",
        Files = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["harvests.csv"] = new string('c', 64), ["harvests.parquet"] = new string('d', 64), ["summary.json"] = new string('e', 64) },
    };
}
