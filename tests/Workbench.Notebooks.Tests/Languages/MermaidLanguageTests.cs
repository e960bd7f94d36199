using System.Globalization;
using System.Text;
using System.Xml.Linq;
using CsCheck;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages.Markup;
using Workbench.Notebooks.Tests.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Languages;

public sealed class MermaidLanguageTests
{
    private const string Flow = """
        flowchart LR
          %% a comment
          Device[DMA device] -->|IOVA| Tlb{IOTLB hit?}
          Tlb -- yes --> Memory([Memory])
          Tlb -. no .-> Walk("Page table walk") & Log((log))
          Walk ==> Memory
          Walk --- Walk
          Memory --> Device; style Tlb fill:#fff
        """;

    private const string Sequence = """
        sequenceDiagram
          participant D as Driver
          D->>IOMMU: clear dirty bits
          activate IOMMU
          IOMMU-->>D: done
          Note over D,IOMMU: only now is a copy safe
          D->>D: copy the pages that were dirty
        """;

    private static XElement Svg(string source) => XDocument.Parse((MermaidLanguage.Draw(source) ?? throw new InvalidOperationException("Not drawn.")).Finish()).Root ?? throw new InvalidOperationException();

    private static IEnumerable<string> Texts(XElement svg) => svg.Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value);

    [Fact]
    public void A_flowchart_has_every_node_link_and_label()
    {
        XElement svg = Svg(Flow);
        Assert.Equal(["DMA device", "IOTLB hit?", "IOVA", "Memory", "Page table walk", "log", "no", "no", "yes"], Texts(svg).Order(StringComparer.Ordinal));
        Assert.Equal(7, svg.Descendants().Count(e => e.Name.LocalName == "polyline"));
    }

    [Fact]
    public void A_sequence_has_its_participants_twice_and_messages_in_order()
    {
        XElement svg = Svg(Sequence);
        Assert.Equal(["Driver", "Driver", "IOMMU", "IOMMU", "clear dirty bits", "done", "only now is a copy safe", "copy the pages that were dirty"], Texts(svg));
    }

    [Theory]
    [InlineData("graph TD\n  a --> b", true)]
    [InlineData("graph LR; a-->b; b-->c", true)]
    [InlineData("graph TD\n  subgraph x\n  a --> b\n  end", false)]
    [InlineData("graph TD\n  a --> ", false)]
    [InlineData("graph TD", false)]
    [InlineData("sequenceDiagram\n  loop x\n  a->>b: c\n  end", false)]
    [InlineData("pie\n  \"a\": 1", false)]
    [InlineData("", false)]
    public void What_cannot_be_drawn_is_told(string source, bool isDrawn) => Assert.Equal(isDrawn, MermaidLanguage.Draw(source) is not null);

    [Fact]
    public async Task A_cell_shows_source_and_picture()
    {
        using TestNotebook notebook = new();
        await notebook.Value("#!mermaid\ngraph LR\n  a[\"x < y\"] --> b");
        MimeBundle bundle = Assert.Single(notebook.Output.Shown);
        Assert.Equal("graph LR\n  a[\"x < y\"] --> b", bundle.TextOf("text/vnd.mermaid"));
        string html = bundle.TextOf(MimeBundle.Html) ?? "";
        Assert.Contains("x &lt; y", Encoding.UTF8.GetString(Convert.FromBase64String(html.Split("base64,")[1].Split('"')[0])), StringComparison.Ordinal);
        await notebook.Value("#!mermaid\npie\n  \"<a>\": 1");
        Assert.Equal("<pre>pie\n  &quot;&lt;a&gt;&quot;: 1</pre>", notebook.Output.Shown[1].TextOf(MimeBundle.Html));
    }

    [Fact]
    public void Nodes_of_any_flowchart_lie_in_the_picture_and_do_not_overlap()
    {
        Gen.Select(Gen.OneOf("TD", "LR", "BT", "RL"), Gen.Select(Gen.Int[0, 7], Gen.Int[0, 7]).Array[1, 14]).Sample((direction, links) =>
        {
            string source = $"graph {direction}\n" + string.Join('\n', links.Select(l => $"n{l.Item1}[node {l.Item1}] --> n{l.Item2}[node {l.Item2}]"));
            XElement svg = Svg(source);
            double[][] boxes = [.. svg.Descendants().Where(e => e.Name.LocalName == "rect" && e.Attribute("rx") is not null).Select(e => ((string[])["x", "y", "width", "height"]).Select(a => Number(e, a)).ToArray())];
            Assert.Equal(links.SelectMany(l => (int[])[l.Item1, l.Item2]).Distinct().Count(), boxes.Length);
            Assert.All(boxes, b => Assert.True(b[0] >= 0 && b[1] >= 0 && b[0] + b[2] <= Number(svg, "width") && b[1] + b[3] <= Number(svg, "height")));
            for (int i = 0; i < boxes.Length; i++)
            {
                for (int j = 0; j < i; j++) Assert.True(boxes[i][0] + boxes[i][2] <= boxes[j][0] || boxes[j][0] + boxes[j][2] <= boxes[i][0] || boxes[i][1] + boxes[i][3] <= boxes[j][1] || boxes[j][1] + boxes[j][3] <= boxes[i][1]);
            }
        }, iter: 300);

        static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)?.Value ?? "", CultureInfo.InvariantCulture);
    }
}
