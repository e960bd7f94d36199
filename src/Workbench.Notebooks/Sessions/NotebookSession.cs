using System.Globalization;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Formatters;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Languages.CSharp;
using Workbench.Notebooks.Magics;

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
        foreach (ILanguage language in (ILanguage[])[new CSharpLanguage(Options)])
        {
            languages.Add(language.Name, language);
            foreach (string alias in language.Aliases) languages.Add(alias, language);
        }
        foreach (IMagic magic in (IMagic[])[new ListMagics()]) magics.Add(magic.Name, magic);
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

    private async Task<CellOutcome> RunOnThisThread(string code, string language, CellScope scope)
    {
        using IDisposable current = scope.Enter();
        using IDisposable? around = Options.AroundCell?.Invoke(scope);
        try
        {
            LanguageResult last = LanguageResult.None;
            foreach (CellPart part in CellSplitter.Split(code, language, languages.ContainsKey)) last = await RunPartAsync(part, scope).ConfigureAwait(false);
            return new() { Status = CellStatus.Ok, Result = last.HasValue && last.Value is not DisplayedValue ? ValueFormatter.Format(last.Value) : null };
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
    }

    private async Task<LanguageResult> RunPartAsync(CellPart part, CellScope scope)
    {
        if (part is MagicPart magic)
        {
            if (!magics.TryGetValue(magic.Name, out IMagic? command)) throw UnknownMagic(magic);
            await command.RunAsync(magic, this, scope).ConfigureAwait(false);
            return LanguageResult.None;
        }
        CodePart code = (CodePart)part;
        ILanguage language = Find(code.Language) ?? throw new CellException("UnknownLanguage", $"No language '{code.Language}'; there is: {string.Join(", ", Languages.Select(l => l.Name))}.");
        return await language.RunAsync(code.Code, scope).ConfigureAwait(false);
    }

    private CellException UnknownMagic(MagicPart magic) => new("UnknownMagic",
        string.Create(CultureInfo.InvariantCulture, $"Line {magic.FirstLine}: there is no magic #!{magic.Name}. Known are {string.Join(" ", languages.Keys.Concat(magics.Keys).Order(StringComparer.Ordinal).Select(n => "#!" + n))}."));

    private string NextDisplayId() => string.Create(CultureInfo.InvariantCulture, $"{Options.DisplayIdPrefix}{Interlocked.Increment(ref lastDisplayId)}");
}
