using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Magics;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Languages;

/// <summary>#!value: keeps the text below its line, a file's text or another language's variable under a name, for #!share --from value.</summary>
internal sealed class ValueLanguage(NotebookSession session) : ILanguage, IVariables
{
    private readonly Dictionary<string, Variable> values = new(StringComparer.Ordinal);

    public string Name => "value";

    public IReadOnlyList<string> Aliases { get; } = [];

    public string Help => "keep the text below, a file's text or a variable under a name, for #!share --from value";

    public MagicSyntax Syntax { get; } = new(null, false, new MagicOption("--name", "name", true), new MagicOption("--from-file", "path"), new MagicOption("--from-value", "@language:name"), new MagicOption("--mime-type", "MIME type"));

    public IReadOnlyList<Variable> Variables => [.. values.Values.OrderBy(v => v.Name, StringComparer.Ordinal)];

    public async Task<LanguageResult> RunAsync(CodePart part, CellScope scope)
    {
        int line = part.LanguageLine;
        MagicArguments arguments = MagicArguments.Parse(Name, part.Options, Syntax, line);
        string? file = arguments["--from-file"], from = arguments["--from-value"];
        bool hasText = part.Code.Trim().Length > 0;
        if ((hasText ? 1 : 0) + (file is null ? 0 : 1) + (from is null ? 0 : 1) > 1) throw MagicCall.Error(line, "#!value takes the text below it, --from-file or --from-value: one of these.");
        Variable value = new("", typeof(string), part.Code);
        if (file is not null)
        {
            string path = Path.GetFullPath(Path.Combine(session.Options.Folder, file));
            if (!File.Exists(path)) throw MagicCall.Error(line, $"there is no file '{path}'. Paths begin at the notebook's folder.");
            value = new("", typeof(string), await File.ReadAllTextAsync(path, scope.Cancellation).ConfigureAwait(false));
        }
        else if (from is not null)
        {
            (string language, string name) = SharedValue.Reference(from) ?? throw MagicCall.Error(line, $"'{from}' names no variable. Write --from-value @language:name.");
            value = SharedValue.Find(session, language, name, line);
        }
        string key = arguments.Required("--name");
        values[key] = value with { Name = key };
        // With a MIME type the value is also shown, as what it is.
        if (arguments["--mime-type"] is { } mimeType) NotebookDisplay.display(value.Value, mimeType);
        return LanguageResult.None;
    }

    public Task SetAsync(string name, object? value, Type type)
    {
        values[name] = new(name, type, value);
        return Task.CompletedTask;
    }
}
