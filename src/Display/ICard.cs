namespace Workbench.Display;

/// <summary>What a display can write: the parts of which every value's HTML and text are made.</summary>
internal interface ICard
{
    /// <summary>What the value is, and which.</summary>
    void Title(string what, string which);
    /// <summary>The one sentence to read if only one is read.</summary>
    void Verdict(bool isGood, string text);
    /// <summary>A sentence or two.</summary>
    void Text(string text);
    /// <summary>Names with their values.</summary>
    void Facts(IEnumerable<Fact> facts);
    /// <summary>A table; each row has as many cells as there are columns.</summary>
    void Table(string caption, IReadOnlyList<Column> columns, IEnumerable<string[]> rows);
    /// <summary>Series over the same axis and to the same scale, as bars.</summary>
    void Bars(string caption, IReadOnlyList<Series> series, string from, string to);
    /// <summary>How full each cell is, 0 to 1; a cell that is null stands for a hole left out.</summary>
    void Heat(string caption, IReadOnlyList<double?> cells, string from, string to);
    /// <summary>Lines of a tree with their depth.</summary>
    void Tree(IEnumerable<(int Depth, string Text)> lines);
    /// <summary>A list of sentences; nothing at all if there are none.</summary>
    void Notes(string caption, IEnumerable<string> notes);
    /// <summary>What a reader asks for second: closed at first where that is possible.</summary>
    void Fold(string summary, Action<ICard> inner);
}

/// <summary>A name with its value.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">The value, short.</param>
/// <param name="Full">The whole value, if <paramref name="Value"/> is shortened: plain text gives it in place of that.</param>
internal readonly record struct Fact(string Name, string Value, string? Full = null);

/// <summary>A column of a table; numbers stand to the right.</summary>
internal readonly record struct Column(string Name, bool IsNumber = false);

/// <summary>Values over an axis.</summary>
internal readonly record struct Series(string Name, long[] Values);
