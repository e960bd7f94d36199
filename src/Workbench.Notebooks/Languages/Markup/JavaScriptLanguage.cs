using System.Text;
using System.Text.Json;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Languages.Markup;

/// <summary>JavaScript, run by the page that shows the notebook. Variables shared with it are written before its code as JSON.</summary>
internal sealed class JavaScriptLanguage : ILanguage, IVariables
{
    private readonly SortedDictionary<string, (Variable Variable, string Json)> values = new(StringComparer.Ordinal);

    public string Name => "javascript";

    public IReadOnlyList<string> Aliases { get; } = ["js"];

    public string Help => "run JavaScript in the page that shows the notebook";

    public IReadOnlyList<Variable> Variables => [.. values.Values.Select(v => v.Variable)];

    public Task<LanguageResult> RunAsync(CodePart part, CellScope scope)
    {
        StringBuilder code = new("(async () => {\n");
        foreach ((string name, (_, string json)) in values) code.Append("const ").Append(name).Append(" = ").Append(json).Append(";\n");
        code.Append(part.Code).Append("\n})();");
        scope.Output.Display(MimeBundle.Empty.With("application/javascript", code.ToString()).With(MimeBundle.PlainText, "[JavaScript]"), null);
        return Task.FromResult(LanguageResult.None);
    }

    public Task SetAsync(string name, object? value, Type type)
    {
        if (name.Length == 0 || char.IsDigit(name[0]) || !name.All(c => char.IsLetterOrDigit(c) || c is '_' or '$')) throw new CellException("InvalidName", $"'{name}' is no name JavaScript can give a variable.");
        try
        {
            values[name] = (new(name, type, value), JsonSerializer.Serialize(value, type));
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException)
        {
            throw new CellException("MagicError", $"'{name}' cannot be written as JSON, which is how JavaScript gets it: {e.Message}", null, e);
        }
        return Task.CompletedTask;
    }
}
