using System.Text;
using Workbench.Traces;

namespace Workbench.Analysis.Formats;

/// <summary>A cell of a CSV file.</summary>
internal readonly record struct CsvCell(string Text, bool IsQuoted)
{
    /// <summary>Nothing between two commas is null; "" is the empty text.</summary>
    public bool IsNull => Text.Length == 0 && !IsQuoted;
}

/// <summary>Cuts CSV (RFC 4180) into records and cells; line ends LF, CR LF or CR.</summary>
internal sealed class CsvRecords(TextReader text, string name)
{
    /// <summary>Number of the line on which the record read last begins, from 1.</summary>
    public long Line { get; private set; }

    private long nextLine = 1;

    /// <summary>Reads the next record; false at the end of the text.</summary>
    public bool TryRead(out List<CsvCell> cells)
    {
        cells = [];
        Line = nextLine;
        if (text.Peek() < 0) return false;
        while (true)
        {
            cells.Add(text.Peek() == '"' ? Quoted() : new(Bare(), false));
            int next = text.Read();
            if (next == ',') continue;
            if (next == '\r' && text.Peek() == '\n') text.Read();
            if (next is '\n' or '\r' or < 0)
            {
                nextLine++;
                return true;
            }
            throw new TraceFormatException($"{name} line {nextLine}: '{(char)next}' after a closing quote. Write quotes within a quoted cell twice.");
        }
    }

    private string Bare()
    {
        StringBuilder cell = new();
        while (text.Peek() is >= 0 and not (',' or '\n' or '\r')) cell.Append((char)text.Read());
        return cell.ToString();
    }

    private CsvCell Quoted()
    {
        StringBuilder cell = new();
        text.Read();
        while (true)
        {
            int next = text.Read();
            if (next < 0) throw new TraceFormatException($"{name} line {Line}: a quote is opened and never closed.");
            if (next == '\n') nextLine++;
            if (next == '"')
            {
                if (text.Peek() != '"') return new(cell.ToString(), true);
                text.Read();
            }
            cell.Append((char)next);
        }
    }
}
