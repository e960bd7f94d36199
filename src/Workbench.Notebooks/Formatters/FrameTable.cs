using Microsoft.Data.Analysis;

namespace Workbench.Notebooks.Formatters;

/// <summary>A frame as a table of chosen length: <c>new FrameTable(frame) { HeadRows = 50 }</c> as a cell's last line shows the first fifty rows.</summary>
/// <param name="Frame">The frame shown.</param>
public sealed record FrameTable(DataFrame Frame)
{
    /// <summary>Rows shown from the beginning, 10 unless set.</summary>
    public int HeadRows { get; init; } = 10;

    /// <summary>Rows shown from the end, 5 unless set.</summary>
    public int TailRows { get; init; } = 5;

    /// <summary>A frame of at most this many rows is shown whole, 20 unless set.</summary>
    public int WholeUpTo { get; init; } = 20;

    /// <summary>The table as HTML.</summary>
    public string ToHtml() => FrameHtml.Of(this);

    /// <summary>The table as text of at most 80 columns.</summary>
    public string ToText() => FrameText.Of(this);

    /// <inheritdoc />
    public override string ToString() => ToText();

    /// <summary>Row numbers to show; -1 stands where rows are left out.</summary>
    internal IReadOnlyList<long> Rows()
    {
        long count = Frame.Rows.Count;
        int head = Math.Max(0, HeadRows), tail = Math.Max(0, TailRows);
        List<long> rows = [];
        if (count <= WholeUpTo || count <= (long)head + tail)
        {
            for (long i = 0; i < count; i++) rows.Add(i);
            return rows;
        }
        for (long i = 0; i < head; i++) rows.Add(i);
        rows.Add(-1);
        for (long i = count - tail; i < count; i++) rows.Add(i);
        return rows;
    }

    /// <summary>Rows, columns, and how many of the rows are shown.</summary>
    internal string Caption()
    {
        int shown = Rows().Count(r => r >= 0);
        string size = FrameCell.Count(Frame.Rows.Count, "row") + " × " + FrameCell.Count(Frame.Columns.Count, "column");
        return shown == Frame.Rows.Count ? size : $"{size}, {FrameCell.Count(shown, "row")} shown";
    }
}
