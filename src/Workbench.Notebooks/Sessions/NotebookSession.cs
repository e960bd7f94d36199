using System.Globalization;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Formatters;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Languages.CSharp;
using Workbench.Notebooks.Languages.FSharp;
using Workbench.Notebooks.Languages.Markup;
using Workbench.Notebooks.Languages.Sql;
using Workbench.Notebooks.Magics;
using Workbench.Notebooks.Packages;

namespace Workbench.Notebooks.Sessions;

/// <summary>One running notebook: its languages with their variables. Runs one cell at a time; knows neither files nor sockets.</summary>
public sealed class NotebookSession : IDisposable
{
    private readonly Dictionary<string, ILanguage> languages = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IMagic> magics = new(StringComparer.OrdinalIgnoreCase);
    private readonly SemaphoreSlim oneCell = new(1);
    private long lastDisplayId;

    /// <summary>A session without variables.</summary>
    public NotebookSession(SessionOptions? options = null)
    {
        Options = options ?? new();
        CellConsole.Install();
        CellReferences references = new(Options);
        ILanguage[] all =
        [
            new CSharpLanguage(Options, references), new FSharpLanguage(Options, references), new SqlLanguage(this), new MarkdownLanguage(), new HtmlLanguage(), new MermaidLanguage(), new JavaScriptLanguage(),
            new ValueLanguage(this),
        ];
        foreach (ILanguage language in all)
        {
            languages.Add(language.Name, language);
            foreach (string alias in language.Aliases) languages.Add(alias, language);
        }
        foreach (IMagic magic in (IMagic[])[new AboutMagic(), new ImportMagic(), new ListMagics(), new SetMagic(), new ShareMagic(), new TimeMagic(), new WhoMagic(), new WhosMagic()]) magics.Add(magic.Name, magic);
    }

    /// <summary>How it was set up.</summary>
    public SessionOptions Options { get; }

    /// <summary>The languages, in the order in which they are listed.</summary>
    public IReadOnlyList<ILanguage> Languages => [.. languages.Values.Distinct()];

    /// <summary>The magics that are no languages, by name.</summary>
    public IReadOnlyList<IMagic> Magics => [.. magics.Values.OrderBy(m => m.Name, StringComparer.Ordinal)];

    /// <summary>The language of that name or alias, or null.</summary>
    public ILanguage? Find(string language) => languages.GetValueOrDefault(language);

    /// <summary>
    /// Runs a cell in the language it is marked with. Errors are in the outcome; nothing is thrown for what a cell does. When cancelled it comes back at once, even if the code goes on
    /// in its thread: no thread can be ended from outside.
    /// </summary>
    public async Task<CellOutcome> RunAsync(string code, string language, ICellOutput output, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentNullException.ThrowIfNull(output);
        await oneCell.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            CellScope scope = new(output, NextDisplayId, cancellation);
            // A thread of its own: a cell may block, and an interrupted one may never give it back.
            Task<CellOutcome> run = Task.Factory.StartNew(() => RunOnThisThread(code, language, scope), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
            return await run.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return CellErrors.Interrupted();
        }
        finally
        {
            oneCell.Release();
        }
    }

    /// <summary>Frees what the languages hold.</summary>
    public void Dispose()
    {
        foreach (ILanguage language in Languages) (language as IDisposable)?.Dispose();
        oneCell.Dispose();
    }

    /// <summary>Gives a variable of a language another value; declares it if there is none.</summary>
    public Task SetAsync(string language, string name, object? value) => VariablesOf(language, 0).SetAsync(name, value, value?.GetType() ?? typeof(object));

    /// <summary>The value of a language's variable. No such variable is an error that lists what there is.</summary>
    public object? Get(string language, string name) => SharedValue.Find(this, language, name, 0).Value;

    internal IVariables VariablesOf(string language, int line) => Language(language, line) as IVariables
        ?? throw MagicCall.Error(line, $"{language} has no variables; these have: {string.Join(", ", Languages.Where(l => l is IVariables).Select(l => l.Name))}.");

    /// <summary>Runs the parts of a cell or of an imported one; gives the last value, shows those before it.</summary>
    internal async Task<LanguageResult> RunPartsAsync(string code, string language, CellScope scope, IList<Action> atEnd)
    {
        LanguageResult last = LanguageResult.None;
        foreach (CellPart part in CellSplitter.Split(code, language, languages.ContainsKey))
        {
            LanguageResult result = await RunPartAsync(part, scope, atEnd).ConfigureAwait(false);
            if (!result.HasValue) continue;
            if (Shown(last) is { } earlier) scope.Output.Display(earlier, null);
            last = result;
        }
        return last;
    }

    private static MimeBundle? Shown(LanguageResult result) => result.HasValue && result.Value is not DisplayedValue ? ValueFormatter.Format(result.Value) : null;

    private async Task<CellOutcome> RunOnThisThread(string code, string language, CellScope scope)
    {
        using IDisposable current = scope.Enter();
        using IDisposable? around = Options.AroundCell?.Invoke(scope);
        using IDisposable stray = StrayExceptions.Watch(scope);
        List<Action> atEnd = [];
        try
        {
            return new() { Status = CellStatus.Ok, Result = Shown(await RunPartsAsync(code, language, scope, atEnd).ConfigureAwait(false)) };
        }
        catch (OperationCanceledException) when (scope.Cancellation.IsCancellationRequested)
        {
            return CellErrors.Interrupted();
        }
#pragma warning disable CA1031 // Whatever a cell throws is the cell's error, not the session's.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return CellErrors.Of(e);
        }
        finally
        {
            foreach (Action end in atEnd) end();
        }
    }

    private async Task<LanguageResult> RunPartAsync(CellPart part, CellScope scope, IList<Action> atEnd)
    {
        if (part is MagicPart magic)
        {
            if (!magics.TryGetValue(magic.Name, out IMagic? command)) throw UnknownMagic(magic);
            MagicArguments arguments = MagicArguments.Parse(command.Name, magic.Arguments, command.Syntax, magic.FirstLine);
            await command.RunAsync(new(magic, arguments, this, scope, atEnd)).ConfigureAwait(false);
            return LanguageResult.None;
        }
        CodePart code = (CodePart)part;
        ILanguage language = Language(code.Language, code.FirstLine);
        // Options a language takes none of are wrong before its code runs.
        MagicArguments.Parse(language.Name, code.Options, language.Syntax, code.LanguageLine);
        return await language.RunAsync(code, scope).ConfigureAwait(false);
    }

    private ILanguage Language(string name, int line) => Find(name)
        ?? throw new CellException("UnknownLanguage", $"{(line > 0 ? string.Create(CultureInfo.InvariantCulture, $"Line {line}: there") : "There")} is no language '{name}'. There is: {string.Join(", ", Languages.Select(l => l.Name))}.");

    private CellException UnknownMagic(MagicPart magic)
    {
        string[] known = [.. languages.Keys.Concat(magics.Keys).Order(StringComparer.Ordinal)];
        string? near = NearestName.Of(magic.Name, known);
        return new("UnknownMagic", string.Create(CultureInfo.InvariantCulture,
            $"Line {magic.FirstLine}: there is no magic #!{magic.Name}.{(near is null ? "" : $" Did you mean #!{near}?")} Known are {string.Join(" ", known.Select(n => "#!" + n))}."));
    }

    private string NextDisplayId() => string.Create(CultureInfo.InvariantCulture, $"{Options.DisplayIdPrefix}{Interlocked.Increment(ref lastDisplayId)}");
}
