using System.Collections.Immutable;
using System.Net;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Completion;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Host.Mef;
using Microsoft.CodeAnalysis.QuickInfo;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Tags;
using Microsoft.CodeAnalysis.Text;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Languages.CSharp;

/// <summary>Help with typing C#: a workspace in which each cell that ran is a submission. Built at the first question only.</summary>
internal sealed class CSharpAssistant(ScriptOptions first) : IDisposable
{
    // Signatures cost a semantic lookup each; a list that long is typed on, not read.
    private const int MostSignatures = 60;

    private static readonly CSharpParseOptions Script = new(LanguageVersion.Preview, DocumentationMode.Parse, SourceCodeKind.Script);

    private readonly Lock gate = new();
    private readonly List<(string Code, ScriptOptions Options)> ran = [];
    // Composing it takes seconds; it holds nothing of a session.
    private static readonly Lazy<MefHostServices> Host = new(() => MefHostServices.Create(MefHostServices.DefaultAssemblies));

    private AdhocWorkspace? workspace;
    private ProjectId? last;
    private int inWorkspace;

    /// <summary>A cell that ran.</summary>
    public void Add(string code, ScriptOptions options)
    {
        lock (gate) ran.Add((code, options));
    }

    /// <summary>Ways to go on, those that fit what is typed: exact spelling first, then any case, then capital letters.</summary>
    public async Task<CompletionSet> CompleteAsync(string code, int position, CancellationToken cancellation)
    {
        Document document = Open(code);
        CompletionSet none = new([], position, position);
        if (CompletionService.GetService(document) is not { } service) return none;
        CompletionList list = await service.GetCompletionsAsync(document, position, CompletionTrigger.Invoke, cancellationToken: cancellation).ConfigureAwait(false);
        if (list.ItemsList.Count == 0) return none;
        TextSpan span = list.Span;
        string typed = code[span.Start..Math.Min(position, span.End)];
        (CompletionItem Item, int Rank)[] fitting =
        [
            .. list.ItemsList.Select(i => (i, Rank(i.DisplayText, typed))).Where(i => i.Item2 < int.MaxValue).OrderBy(i => i.Item2).ThenBy(i => i.i.SortText, StringComparer.OrdinalIgnoreCase).DistinctBy(i => i.i.DisplayText),
        ];
        List<Completion> items = [];
        foreach ((CompletionItem item, _) in fitting)
        {
            CompletionDescription? description = items.Count < MostSignatures ? await service.GetDescriptionAsync(document, item, cancellation).ConfigureAwait(false) : null;
            string signature = description?.Text.Split('\n')[0].Trim() ?? "";
            items.Add(new(item.DisplayText, Kind(item.Tags), signature));
        }
        return new(items, span.Start, span.End);
    }

    /// <summary>Signature and summary of what a position lies on or behind.</summary>
    public async Task<MimeBundle?> InspectAsync(string code, int position, CancellationToken cancellation)
    {
        Document document = Open(code);
        if (QuickInfoService.GetService(document) is not { } service) return null;
        QuickInfoItem? info = null;
        // Behind an opening bracket, or where nothing else is known, the question is about the method before the bracket.
        int call = CallBefore(code, position);
        foreach (int at in (int[])[call == position - 1 ? call : -1, position, position - 1, call])
        {
            if (info is null && at >= 0) info = await service.GetQuickInfoAsync(document, Math.Min(at, code.Length), cancellation).ConfigureAwait(false);
        }
        if (info is null || info.Sections.IsEmpty) return null;
        string signature = info.Sections.FirstOrDefault(s => s.Kind == QuickInfoSectionKinds.Description)?.Text ?? info.Sections[0].Text;
        string[] rest = [.. info.Sections.Where(s => s.Kind != QuickInfoSectionKinds.Description && s.Text.Trim().Length > 0).Select(s => s.Text.Trim())];
        StringBuilder plain = new(signature), markdown = new($"```csharp\n{signature}\n```"), html = new($"<pre><code>{WebUtility.HtmlEncode(signature)}</code></pre>");
        foreach (string text in rest)
        {
            plain.Append('\n').Append(text);
            markdown.Append("\n\n").Append(text);
            html.Append("<p>").Append(WebUtility.HtmlEncode(text)).Append("</p>");
        }
        return MimeBundle.Text(plain.ToString()).With("text/markdown", markdown.ToString()).With(MimeBundle.Html, html.ToString());
    }

    /// <summary>Can it be run as it is?</summary>
    public static Completeness Check(string code)
    {
        if (OpenText.IsOpenCSharp(code)) return Completeness.Incomplete;
        SyntaxTree tree = CSharpSyntaxTree.ParseText(code, Script);
        if (!SyntaxFactory.IsCompleteSubmission(tree)) return Completeness.Incomplete;
        return tree.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error) ? Completeness.Invalid : Completeness.Complete;
    }

    /// <inheritdoc />
    public void Dispose() => workspace?.Dispose();

    private Document Open(string code)
    {
        lock (gate)
        {
            // Completion lives in a MEF container that takes half a second to build.
            workspace ??= new AdhocWorkspace(Host.Value);
            Solution solution = workspace.CurrentSolution;
            for (; inWorkspace < ran.Count; inWorkspace++) (solution, last) = Submit(solution, ran[inWorkspace].Code, ran[inWorkspace].Options);
            workspace.TryApplyChanges(solution);
            (Solution asked, ProjectId project) = Submit(workspace.CurrentSolution, code, ran.Count > 0 ? ran[^1].Options : first);
            return asked.GetProject(project)?.Documents.First() ?? throw new System.Diagnostics.UnreachableException("A project was added without its document.");
        }
    }

    private (Solution Solution, ProjectId Project) Submit(Solution solution, string code, ScriptOptions options)
    {
        ProjectId project = ProjectId.CreateNewId();
        CSharpCompilationOptions compilation = new(OutputKind.DynamicallyLinkedLibrary, usings: options.Imports, allowUnsafe: true, metadataReferenceResolver: options.MetadataResolver, sourceReferenceResolver: options.SourceResolver);
        ImmutableArray<ProjectReference> before = last is null ? [] : [new ProjectReference(last)];
        solution = solution.AddProject(ProjectInfo.Create(project, VersionStamp.Default, "cell", "cell" + solution.ProjectIds.Count, LanguageNames.CSharp, compilationOptions: compilation, parseOptions: Script,
            projectReferences: before, metadataReferences: options.MetadataReferences.OfType<PortableExecutableReference>().Append(CSharpLanguage.Open(typeof(object).Assembly.Location)), isSubmission: true));
        return (solution.AddDocument(DocumentId.CreateNewId(project), "cell.csx", SourceText.From(code), isGenerated: false), project);
    }

    private static int Rank(string text, string typed)
    {
        if (text.StartsWith(typed, StringComparison.Ordinal)) return 0;
        if (text.StartsWith(typed, StringComparison.OrdinalIgnoreCase)) return 1;
        string capitals = string.Concat(text.Where((c, i) => i == 0 || char.IsUpper(c)));
        if (typed.Length > 1 && capitals.StartsWith(typed, StringComparison.OrdinalIgnoreCase)) return 2;
        return typed.Length > 2 && text.Contains(typed, StringComparison.OrdinalIgnoreCase) ? 3 : int.MaxValue;
    }

    private static string Kind(ImmutableArray<string> tags)
    {
        foreach (string tag in tags)
        {
            string? kind = tag switch
            {
                WellKnownTags.Method or WellKnownTags.ExtensionMethod or WellKnownTags.Operator or WellKnownTags.Delegate => "function",
                WellKnownTags.Property or WellKnownTags.Event or WellKnownTags.EnumMember => "property",
                WellKnownTags.Class or WellKnownTags.Structure or WellKnownTags.Interface or WellKnownTags.Enum or WellKnownTags.TypeParameter => "class",
                WellKnownTags.Namespace or WellKnownTags.Module or WellKnownTags.Assembly => "module",
                WellKnownTags.Keyword => "keyword",
                WellKnownTags.Field or WellKnownTags.Local or WellKnownTags.Parameter or WellKnownTags.RangeVariable or WellKnownTags.Constant => "instance",
                _ => null,
            };
            if (kind is not null) return kind;
        }
        return "text";
    }

    // The opening bracket around the position, or -1.
    private static int CallBefore(string code, int position)
    {
        int depth = 0;
        for (int i = Math.Min(position, code.Length) - 1; i >= 0; i--)
        {
            if (code[i] == ')') depth++;
            else if (code[i] == '(' && depth-- == 0) return i;
        }
        return -1;
    }
}
