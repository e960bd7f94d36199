using System.Text;

namespace Workbench.Notebooks.Display;

/// <summary>Stands in for the process's console: what a cell writes goes to that cell's output, what no cell writes goes where it went before.</summary>
public sealed class CellConsole : TextWriter
{
    private static readonly Lock Gate = new();
    private static bool isInstalled;

    private readonly StreamName stream;
    private readonly TextWriter outside;

    private CellConsole(StreamName stream, TextWriter outside) => (this.stream, this.outside) = (stream, outside);

    /// <inheritdoc />
    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>Puts itself in the place of Console.Out, Console.Error and Console.In, once per process; without a cell they work as before.</summary>
    public static void Install()
    {
        lock (Gate)
        {
            if (isInstalled) return;
            isInstalled = true;
            Console.SetOut(new CellConsole(StreamName.Stdout, Console.Out));
            Console.SetError(new CellConsole(StreamName.Stderr, Console.Error));
            Console.SetIn(new CellInput(Console.In));
        }
    }

    /// <inheritdoc />
    public override void Write(char value) => Write(value.ToString());

    /// <inheritdoc />
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc />
    public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

    /// <inheritdoc />
    public override void Write(string? value)
    {
        if (string.IsNullOrEmpty(value)) return;
        if (CellScope.Current is { } cell) cell.Output.Write(stream, value);
        else outside.Write(value);
    }

    /// <inheritdoc />
    public override void WriteLine() => Write("\n");

    /// <inheritdoc />
    public override void WriteLine(string? value) => Write(value + "\n");

    /// <inheritdoc />
    public override void WriteLine(ReadOnlySpan<char> buffer) => Write(string.Concat(buffer, "\n"));

    /// <inheritdoc />
    public override void Flush()
    {
        if (CellScope.Current is null) outside.Flush();
    }

    private sealed class CellInput(TextReader outside) : TextReader
    {
        private string rest = "";

        public override string? ReadLine()
        {
            if (CellScope.Current is not { } cell) return outside.ReadLine();
            if (rest.Length == 0) return cell.Output.ReadLine("", false, cell.Cancellation);
            (string line, rest) = (rest.TrimEnd('\n'), "");
            return line;
        }

        public override int Peek()
        {
            if (CellScope.Current is null) return outside.Peek();
            return rest.Length == 0 ? -1 : rest[0];
        }

        public override int Read()
        {
            if (CellScope.Current is not { } cell) return outside.Read();
            if (rest.Length == 0) rest = cell.Output.ReadLine("", false, cell.Cancellation) + "\n";
            char first = rest[0];
            rest = rest[1..];
            return first;
        }
    }
}
