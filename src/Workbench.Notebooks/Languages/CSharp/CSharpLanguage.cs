using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Scripting;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Languages.CSharp;

/// <summary>C# by Roslyn's scripting: each cell is a submission that sees what the ones before it declared.</summary>
public sealed class CSharpLanguage : ILanguage
{
    private static readonly string[] UsualImports =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Text", "System.Threading", "System.Threading.Tasks", "Workbench.Notebooks.Display",
        "Workbench.Notebooks.Display.NotebookDisplay",
    ];

    private ScriptOptions options;
    private ScriptState<object?>? state;

    /// <summary>A language without variables.</summary>
    public CSharpLanguage(SessionOptions session)
    {
        ArgumentNullException.ThrowIfNull(session);
        options = ScriptOptions.Default
            .WithOptimizationLevel(OptimizationLevel.Release)
            .WithLanguageVersion(LanguageVersion.Preview)
            .WithAllowUnsafe(true)
            .WithReferences(References(session))
            .WithImports([.. UsualImports, .. session.Imports]);
    }

    /// <inheritdoc />
    public string Name => "csharp";

    /// <inheritdoc />
    public IReadOnlyList<string> Aliases { get; } = ["c#"];

    /// <inheritdoc />
    public async Task<LanguageResult> RunAsync(string code, CellScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        ScriptState<object?>? before = state;
        Script<object?> script = before is null ? CSharpScript.Create<object?>(code, options) : before.Script.ContinueWith<object?>(code, options);
        Diagnostic[] errors = [.. script.Compile(scope.Cancellation).Where(d => d.Severity == DiagnosticSeverity.Error)];
        if (errors.Length > 0) throw CompileError(errors);
        ScriptState<object?> after = before is null
            ? await script.RunAsync(null, _ => true, scope.Cancellation).ConfigureAwait(false)
            : await script.RunFromAsync(before, _ => true, scope.Cancellation).ConfigureAwait(false);
        // An interrupted cell that ends at last must not undo what ran after it.
        if (Interlocked.CompareExchange(ref state, after, before) != before) return LanguageResult.None;
        if (after.Exception is { } thrown) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
        return EndsInValue(script.GetCompilation()) ? LanguageResult.Of(after.ReturnValue) : LanguageResult.None;
    }

    private static CellException CompileError(Diagnostic[] errors) => new("CompileError", errors[0].GetMessage(System.Globalization.CultureInfo.InvariantCulture),
        [.. errors.Select(e => e.ToString())]);

    // The last statement is an expression without its semicolon, and not one of type void.
    private static bool EndsInValue(Compilation compilation)
    {
        SyntaxTree? tree = compilation.SyntaxTrees.LastOrDefault();
        if (tree?.GetCompilationUnitRoot().Members.LastOrDefault() is not GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last }) return false;
        return compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression).Type?.SpecialType != SpecialType.System_Void;
    }

    // A single file that trusts the runtime's list: what a host ships has one identity, the host's.
    private static IEnumerable<MetadataReference> References(SessionOptions session)
    {
        string platform = (string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "";
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";
        IEnumerable<string> own = session.References.Append(typeof(NotebookSession).Assembly).Append(typeof(Microsoft.AspNetCore.Html.HtmlString).Assembly).Select(a => a.Location);
        return platform.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(p => Path.GetDirectoryName(p) == runtime).Concat(own).Distinct().Select(p => MetadataReference.CreateFromFile(p));
    }
}
