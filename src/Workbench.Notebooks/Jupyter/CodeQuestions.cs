using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Jupyter;

/// <summary>Answers what clients ask about code while it is typed: each part of a cell is put to its own language.</summary>
internal sealed partial class CodeQuestions(NotebookSession session, string defaultLanguage)
{
    private const string Indent = "    ";

    /// <summary>The content of a complete_reply.</summary>
    public async Task<JsonObject> CompleteAsync(JupyterMessage request, CancellationToken cancellation)
    {
        string code = request.Text("code");
        int position = CodePoints.ToUtf16(code, request.Number("cursor_pos", int.MaxValue));
        CompletionSet found = MagicNames(code, position) ?? await InLanguage(code, request.Metadata, position, async (assistant, part, at, offset) =>
        {
            CompletionSet set = await assistant.CompleteAsync(part, at, cancellation).ConfigureAwait(false);
            return set with { Start = set.Start + offset, End = set.End + offset };
        }).ConfigureAwait(false) ?? new([], position, position);
        int start = CodePoints.FromUtf16(code, found.Start), end = CodePoints.FromUtf16(code, found.End);
        JsonArray matches = [], types = [];
        foreach (Completion item in found.Items)
        {
            matches.Add(item.Text);
            types.Add(new JsonObject { ["start"] = start, ["end"] = end, ["text"] = item.Text, ["type"] = item.Kind, ["signature"] = item.Signature });
        }
        // JupyterLab and the console read the kinds from this member.
        JsonObject metadata = new() { ["_jupyter_types_experimental"] = types };
        return new() { ["status"] = "ok", ["matches"] = matches, ["cursor_start"] = start, ["cursor_end"] = end, ["metadata"] = metadata };
    }

    /// <summary>The content of an inspect_reply.</summary>
    public async Task<JsonObject> InspectAsync(JupyterMessage request, CancellationToken cancellation)
    {
        string code = request.Text("code");
        int detail = request.Number("detail_level", 0);
        if (detail is not (0 or 1)) throw new ProtocolException($"inspect_request: detail_level {detail} is neither 0 nor 1.");
        MimeBundle? found = await FindAsync(code, request.Metadata, CodePoints.ToUtf16(code, request.Number("cursor_pos", int.MaxValue)), detail, cancellation).ConfigureAwait(false);
        return new() { ["status"] = "ok", ["found"] = found is not null, ["data"] = found?.ToJson() ?? [], ["metadata"] = new JsonObject() };
    }

    /// <summary>The content of an is_complete_reply.</summary>
    public JsonObject IsComplete(JupyterMessage request)
    {
        string code = request.Text("code");
        Completeness? answer = HelpOn(code) is not null ? Completeness.Complete : Check(code, request.Metadata);
        JsonObject content = new() { ["status"] = answer?.ToString().ToLowerInvariant() ?? "unknown" };
        if (answer == Completeness.Incomplete) content["indent"] = NextIndent(code);
        return content;
    }

    /// <summary>What a cell such as "name?" or "name??" asks about, with the detail level; null: it is no such question.</summary>
    public static (string Subject, int Detail)? HelpOn(string code)
    {
        Match match = Question().Match(code);
        return match.Success ? (match.Groups["subject"].Value, match.Groups["marks"].Value.Length - 1) : null;
    }

    /// <summary>The help page on what <see cref="HelpOn"/> found; null if nothing is known of it.</summary>
    public Task<MimeBundle?> HelpAsync(string subject, int detail, JsonObject metadata, CancellationToken cancellation) => FindAsync(subject, metadata, subject.Length, detail, cancellation);

    /// <summary>The language a request's cell is marked with.</summary>
    public string LanguageOf(JsonObject metadata)
    {
        string? marked = Member(metadata, "polyglot_notebook", "kernelName") ?? Member(metadata, "dotnet_interactive", "language");
        return string.IsNullOrEmpty(marked) ? defaultLanguage : marked;
    }

    private async Task<MimeBundle?> FindAsync(string code, JsonObject metadata, int position, int detail, CancellationToken cancellation)
    {
        MimeBundle? found = await InLanguage(code, metadata, position, (assistant, part, at, _) => assistant.InspectAsync(part, at, cancellation)).ConfigureAwait(false);
        if (found is null || detail == 0) return found;
        // More detail: the value as it is now, where the name is a variable.
        string word = WordAt(code, position);
        IEnumerable<Variable> variables = session.Languages.OfType<IVariables>().SelectMany(l => l.Variables);
        if (variables.LastOrDefault(v => v.Name == word) is not { } variable) return found;
        string value = Formatters.ValueFormatter.Format(variable.Value).TextOf(MimeBundle.PlainText) ?? "";
        return MimeBundle.Text($"{found.TextOf(MimeBundle.PlainText)}\n\nValue: {value}");
    }

    private Completeness? Check(string code, JsonObject metadata)
    {
        Completeness? answer = Completeness.Complete;
        foreach (CodePart part in CellSplitter.Split(code, LanguageOf(metadata), l => session.Find(l) is not null).OfType<CodePart>())
        {
            answer = (session.Find(part.Language) as ICodeAssistant)?.Check(part.Code);
            if (answer != Completeness.Complete) return answer;
        }
        return answer;
    }

    private async Task<T?> InLanguage<T>(string code, JsonObject metadata, int position, Func<ICodeAssistant, string, int, int, Task<T?>> ask) where T : class
    {
        int[] starts = LineStarts(code);
        IReadOnlyList<CellPart> parts = CellSplitter.Split(code, LanguageOf(metadata), l => session.Find(l) is not null);
        for (int i = parts.Count - 1; i >= 0; i--)
        {
            int begin = starts[Math.Min(parts[i].FirstLine, starts.Length) - 1];
            if (begin > position) continue;
            if (parts[i] is not CodePart part || session.Find(part.Language) is not ICodeAssistant assistant) return null;
            // The text as it came: the splitter's has other line ends.
            int end = i + 1 < parts.Count ? starts[parts[i + 1].FirstLine - 1] : code.Length;
            return position <= end ? await ask(assistant, code[begin..end], position - begin, begin).ConfigureAwait(false) : null;
        }
        return null;
    }

    // The names after #! on the line of the cursor; null where it stands in code.
    private CompletionSet? MagicNames(string code, int position)
    {
        int line = LineStarts(code).Last(s => s <= position);
        string typed = code[line..position].TrimStart();
        if (!typed.StartsWith("#!", StringComparison.Ordinal)) return null;
        if (typed.Any(char.IsWhiteSpace)) return new([], position, position);
        IEnumerable<Completion> names = session.Languages.SelectMany(l => l.Aliases.Prepend(l.Name)).Select(n => new Completion("#!" + n, "magic", "language"))
            .Concat(session.Magics.Select(m => new Completion("#!" + m.Name, "magic", m.Help)));
        return new([.. names.Where(n => n.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase)).OrderBy(n => n.Text, StringComparer.Ordinal)], position - typed.Length, position);
    }

    // An open block is indented by one level more than the line that opened it.
    private static string NextIndent(string code)
    {
        string last = code.ReplaceLineEndings("\n").Split('\n').LastOrDefault(l => l.Trim().Length > 0) ?? "";
        string indent = last[..^last.TrimStart().Length];
        return last.TrimEnd() is [.., '{' or '(' or '['] ? indent + Indent : indent;
    }

    private static int[] LineStarts(string code) => [0, .. LineEnd().Matches(code).Select(m => m.Index + m.Length)];

    private static string WordAt(string code, int position)
    {
        int begin = position, end = position;
        while (begin > 0 && IsWord(code[begin - 1])) begin--;
        while (end < code.Length && IsWord(code[end])) end++;
        return code[begin..end];

        static bool IsWord(char c) => c == '_' || char.IsLetterOrDigit(c);
    }

    private static string? Member(JsonObject metadata, string outer, string inner) => metadata[outer] is JsonObject o && o[inner] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    [GeneratedRegex(@"^\s*(?:(?<marks>\?{1,2})(?<subject>[\p{L}_][\w.]*)|(?<subject>[\p{L}_][\w.]*)(?<marks>\?{1,2}))\s*$")]
    private static partial Regex Question();

    [GeneratedRegex("\r\n|[\r\n\f\u0085\u2028\u2029]")]
    private static partial Regex LineEnd();
}
