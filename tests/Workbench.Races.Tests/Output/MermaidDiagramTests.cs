using Workbench.Races.Output;
using Workbench.Races.Search;
using Xunit;

namespace Workbench.Races.Tests.Output;

public sealed class MermaidDiagramTests
{
    [Theory]
    [InlineData("plain words, (D was set): leaf[0]", "plain words, (D was set): leaf[0]")]
    [InlineData("a walk; begins", "a walk#59; begins")]
    [InlineData("# no comment", "#35; no comment")]
    [InlineData("%% no comment", "#37;#37; no comment")]
    [InlineData("<b>&\"quoted\"", "#60;b#62;#38;#34;quoted#34;")]
    [InlineData("two\nlines\tof text", "two lines of text")]
    [InlineData("end", "#101;nd")]
    [InlineData("the end", "the end")]
    [InlineData("– ü ✗", "– ü ✗")]
    public void What_Mermaid_would_read_as_its_own_is_escaped(string text, string escaped) => Assert.Equal(escaped, MermaidDiagram.Escape(text));

    [Fact]
    public void A_diagram_has_one_arrow_for_each_step_and_says_what_broke()
    {
        Counterexample found = new(RaceProperty.LostPage,
        [
            new(RaceActor.Device, StepKind.Miss, "write to page 0: a walk begins", 0), new(RaceActor.Iommu, StepKind.ReadLeaf, "the walk reads leaf[0]", 0), new(RaceActor.Software, StepKind.Software, "clean a leaf[0]", 3),
            new(RaceActor.Software, StepKind.Software, "flush", 4), new(RaceActor.Iommu, StepKind.Execute, "executed; done", 0), new(RaceActor.Software, StepKind.Software, "wait (begun)", 5),
            new(RaceActor.Software, StepKind.Software, "wait (completed)", 5), new(RaceActor.Software, StepKind.Software, "store leaf[0] none if dirty(a) (not dirty: skipped)", 6), new(RaceActor.Device, StepKind.Land, "the data land", 0),
            new(RaceActor.Iommu, StepKind.Fault, "a fault", 0), new(RaceActor.Device, StepKind.Hit, "the device's own TLB has it", 0),
        ]);
        string[] lines = MermaidDiagram.Of(found).Split('\n');
        Assert.Equal(["sequenceDiagram", "    autonumber", "    participant Software", "    participant Memory", "    participant IOMMU", "    participant Device"], lines[..6]);
        Assert.Equal(
            ["Device->>IOMMU", "Memory->>IOMMU", "Software->>Memory", "Software->>IOMMU", "IOMMU->>IOMMU", "Software->>IOMMU", "IOMMU->>Software", "Software->>Software", "Device->>Memory", "IOMMU->>Device", "Device->>Device"],
            lines[6..17].Select(l => l.Trim().Split(": ")[0]));
        Assert.Equal("    Note over Software,Device: So a page differs from its copy, and nobody will ever be told.", lines[17]);
    }

    [Fact]
    public void Every_step_of_every_kind_has_lanes()
    {
        foreach (StepKind kind in Enum.GetValues<StepKind>())
            Assert.InRange((int)SequenceArrow.Of(new(RaceActor.Iommu, kind, "x", 0)).To, 0, SequenceArrow.Names.Count - 1);
    }
}
