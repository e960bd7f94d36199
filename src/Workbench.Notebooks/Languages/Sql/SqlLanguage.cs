using System.Text.RegularExpressions;
using DuckDB.NET.Data;
using Microsoft.Data.Analysis;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Magics;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Languages.Sql;

/// <summary>
/// SQL by DuckDB, in memory. A table the query names and DuckDB does not have is looked for among the variables of C# and F#, and copied in for this cell;
/// so a query always sees a variable's value of now.
/// </summary>
internal sealed partial class SqlLanguage(NotebookSession session) : ILanguage, IVariables, IDisposable
{
    // Apart from what the user creates, so that it can be dropped after each cell.
    private const string Copies = "notebook_variables";

    private readonly Dictionary<string, Variable> named = new(StringComparer.OrdinalIgnoreCase);
    // An interrupted cell may need a moment to leave the database.
    private readonly SemaphoreSlim oneCell = new(1);
    private DuckDBConnection? connection;

    public string Name => "sql";

    public IReadOnlyList<string> Aliases { get; } = [];

    public string Help => "SQL over data frames, sequences of objects and data files, by DuckDB";

    public MagicSyntax Syntax { get; } = new(null, false, new MagicOption("--name", "variable"), new MagicOption("--as", "table"));

    public IReadOnlyList<Variable> Variables => [.. named.Values.OrderBy(v => v.Name, StringComparer.Ordinal)];

    public async Task<LanguageResult> RunAsync(CodePart part, CellScope scope)
    {
        MagicArguments arguments = MagicArguments.Parse(Name, part.Options, Syntax, part.LanguageLine);
        await oneCell.WaitAsync(scope.Cancellation).ConfigureAwait(false);
        DuckDBConnection database = Open();
        List<string> copies = [];
        try
        {
            DataFrame? last = null;
            foreach (SqlStatement statement in SqlStatements.Split(part.PaddedCode))
            {
                DataFrame? frame = Execute(database, part.PaddedCode, statement, copies, scope.Cancellation);
                if (frame is null) continue;
                if (last is not null) NotebookDisplay.display(last);
                last = frame;
            }
            return await FinishAsync(last, arguments, database, part, scope.Cancellation).ConfigureAwait(false);
        }
        finally
        {
            foreach (string copy in copies) Run(database, $"DROP TABLE IF EXISTS {Copies}.{TableSource.Quote(copy)}");
            oneCell.Release();
        }
    }

    public async Task SetAsync(string name, object? value, Type type)
    {
        if (string.IsNullOrWhiteSpace(name)) throw new CellException("InvalidName", "A table needs a name.");
        TableSource source = TableSource.Of(value) ?? throw NoTable(name, value);
        // Not beside a query that was interrupted and is still leaving the database.
        await oneCell.WaitAsync().ConfigureAwait(false);
        try
        {
            DuckDBConnection database = Open();
            Run(database, $"DROP TABLE IF EXISTS main.{TableSource.Quote(name)}");
            source.Write(database, "main", name, CancellationToken.None);
            named[name] = new(name, type, value);
        }
        finally
        {
            oneCell.Release();
        }
    }

    public void Dispose()
    {
        connection?.Dispose();
        oneCell.Dispose();
    }

    private async Task<LanguageResult> FinishAsync(DataFrame? frame, MagicArguments arguments, DuckDBConnection database, CodePart part, CancellationToken cancellation)
    {
        if (frame is null)
        {
            if (arguments["--name"] is { } name) throw MagicCall.Error(part.LanguageLine, $"nothing to call '{name}': the cell has no query that gives rows.");
            return LanguageResult.None;
        }
        if (arguments["--name"] is { } variable)
        {
            named[variable] = new(variable, typeof(DataFrame), frame);
            if (session.Find("csharp") is IVariables csharp) await csharp.SetAsync(variable, frame, typeof(DataFrame)).ConfigureAwait(false);
        }
        if (arguments["--as"] is { } table)
        {
            Run(database, $"DROP TABLE IF EXISTS main.{TableSource.Quote(table)}");
            TableSource.Of(frame)?.Write(database, "main", table, cancellation);
        }
        return LanguageResult.Of(frame);
    }

    private DataFrame? Execute(DuckDBConnection database, string code, SqlStatement statement, List<string> copies, CancellationToken cancellation)
    {
        // The text keeps its place in the cell, so that DuckDB's line numbers are the cell's.
        string[] before = code[..statement.Start].Split('\n');
        string text = new string('\n', before.Length - 1) + new string(' ', before[^1].Length) + statement.Text;
        while (true)
        {
            using DuckDBCommand command = database.CreateCommand();
            command.CommandText = text;
            using CancellationTokenRegistration interrupt = cancellation.Register(command.Cancel);
            try
            {
                using DuckDBDataReader reader = command.ExecuteReader();
                return reader.FieldCount == 0 ? null : FrameBuilder.Read(reader, cancellation);
            }
            catch (DuckDBException e) when (!cancellation.IsCancellationRequested)
            {
                if (MissingTable().Match(e.Message) is not { Success: true } missing) throw Error(e, code, "");
                string name = missing.Groups[1].Value;
                if (!TryCopy(database, name, copies, cancellation)) throw Error(e, code, $"There is no variable or table named {name}.\n");
            }
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private bool TryCopy(DuckDBConnection database, string name, List<string> copies, CancellationToken cancellation)
    {
        if (copies.Contains(name)) return false;
        Variable[] candidates = [.. session.Languages.Where(l => l != this).OfType<IVariables>().SelectMany(l => l.Variables).Where(v => v.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).OrderByDescending(v => v.Name == name)];
        if (candidates.Length == 0) return false;
        TableSource source = candidates.Select(v => TableSource.Of(v.Value)).FirstOrDefault(t => t is not null) ?? throw NoTable(name, candidates[0].Value);
        copies.Add(name);
        source.Write(database, Copies, name, cancellation);
        return true;
    }

    private DuckDBConnection Open()
    {
        if (connection is not null) return connection;
        DuckDBConnection opened = new("DataSource=:memory:");
        opened.Open();
        Run(opened, $"CREATE SCHEMA {Copies}");
        Run(opened, $"SET search_path = 'main,{Copies}'");
        Run(opened, $"SET file_search_path = '{Path.GetFullPath(session.Options.Folder).Replace("'", "''", StringComparison.Ordinal)}'");
        return connection = opened;
    }

    private static void Run(DuckDBConnection database, string statement)
    {
        using DuckDBCommand command = database.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }

    private static CellException NoTable(string name, object? value) => new("SqlError",
        $"The variable '{name}' is {(value is null ? "null" : value.GetType().Name)}, which SQL cannot read as a table. It reads a DataFrame, a DataTable, and a sequence of numbers, text or objects with public properties of such types (of an empty one the type must say it).");

    // "Catalog Error: …\n\nLINE 3: select …\n   ^": the place becomes the house's form, the hint stays.
    private static CellException Error(DuckDBException e, string code, string first)
    {
        Match place = Place().Match(e.Message);
        string message = first + (place.Success ? e.Message[..place.Index] : e.Message).Trim();
        if (!place.Success || !int.TryParse(place.Groups["line"].ValueSpan, out int line)) return new("SqlError", message);
        int caret = place.Groups["caret"].Length - "LINE : ".Length - place.Groups["line"].Length;
        int column = caret + 1;
        string[] lines = code.Split('\n');
        // DuckDB shows a long line in part, with dots before it.
        string shown = place.Groups["text"].Value;
        if (line <= lines.Length && shown.StartsWith("...", StringComparison.Ordinal)) column += Math.Max(0, lines[line - 1].IndexOf(shown.Trim('.'), StringComparison.Ordinal) - 3);
        CellException compile = SourceError.ToException([new(line, Math.Max(column, 1), "", message.Split('\n')[0])], code);
        return new("SqlError", message, compile.Details, e);
    }

    [GeneratedRegex("Table with name \"?(.+?)\"? does not exist!")]
    private static partial Regex MissingTable();

    [GeneratedRegex(@"LINE (?<line>\d+): (?<text>[^\n]*)\n(?<caret> *)\^")]
    private static partial Regex Place();
}
