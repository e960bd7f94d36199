using Workbench.Notebooks.Display;
using Workbench.Notebooks.Formatters;
using Workbench.Notebooks.Languages;

namespace Workbench.Notebooks.Magics;

/// <summary>#!share</summary>
internal sealed class ShareMagic : IMagic
{
    public string Name => "share";

    public string Help => "take a variable over from another language";

    public MagicSyntax Syntax { get; } = new("name", true, new MagicOption("--from", "language", true), new MagicOption("--as", "name"), new MagicOption("--mime-type", "MIME type"));

    public async Task RunAsync(MagicCall call)
    {
        string name = call.Arguments.Positional ?? "";
        Variable source = SharedValue.Find(call, call.Arguments.Required("--from"), name);
        Variable shared = SharedValue.As(source, call.Arguments["--mime-type"]);
        await call.Target.SetAsync(call.Arguments["--as"] ?? name, shared.Value, shared.Type).ConfigureAwait(false);
    }
}

/// <summary>Values by language and name, as #!share, #!set and #!value name them.</summary>
internal static class SharedValue
{
    /// <summary>A variable of a language; none of that name is an error that lists what there is.</summary>
    public static Variable Find(MagicCall call, string language, string name) => Find(call.Session, language, name, call.Part.FirstLine);

    /// <summary>A variable of a language; none of that name is an error that lists what there is.</summary>
    public static Variable Find(Sessions.NotebookSession session, string language, string name, int line)
    {
        IReadOnlyList<Variable> all = session.VariablesOf(language, line).Variables;
        return all.FirstOrDefault(v => v.Name == name) ?? throw MagicCall.Error(line,
            $"{language} has no variable '{name}'; {(all.Count == 0 ? "it has none yet" : "it has: " + string.Join(", ", all.Select(v => v.Name)))}.");
    }

    /// <summary>The variable, or its text of a MIME type.</summary>
    public static Variable As(Variable variable, string? mimeType)
    {
        if (mimeType is null) return variable;
        MimeBundle bundle = ValueFormatter.Format(variable.Value, mimeType);
        return variable with { Type = typeof(string), Value = bundle.TextOf(mimeType) ?? bundle[mimeType].ToJsonString() };
    }

    /// <summary>Is it "@language:name"? Then both.</summary>
    public static (string Language, string Name)? Reference(string text)
    {
        if (text.Length < 2 || text[0] != '@') return null;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : (text[1..colon], text[(colon + 1)..]);
    }
}
