using System.Collections.Concurrent;
using System.Runtime.Loader;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.CodeAnalysis.Scripting.Hosting;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Packages;
using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Languages.CSharp;

/// <summary>C# by Roslyn's scripting: each cell is a submission that sees what the ones before it declared.</summary>
internal sealed class CSharpLanguage : ILanguage, IVariables, ICodeAssistant, IDisposable
{
    // What frames of an exception call the cell's source; debug information brings their lines.
    private const string SourceName = "cell";

    private static readonly string[] UsualImports =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Text", "System.Threading", "System.Threading.Tasks", "Workbench.Notebooks.Display",
        "Workbench.Notebooks.Display.NotebookDisplay",
    ];

    // The first submission gets the core library from Roslyn itself, and the ones after it theirs from the first: named here once more, int[] would be two types.
    private static readonly string CoreLibrary = typeof(object).Assembly.Location;

    private static readonly ConcurrentDictionary<string, PortableExecutableReference> Opened = new(StringComparer.Ordinal);

    private readonly CellReferences references;
    private readonly InteractiveAssemblyLoader loader = new();
    private readonly CSharpAssistant assistant;
    private ScriptOptions options;
    private ScriptState<object?>? state;

    /// <summary>A language without variables.</summary>
    public CSharpLanguage(SessionOptions session, CellReferences references)
    {
        this.references = references;
        options = ScriptOptions.Default
            .WithOptimizationLevel(OptimizationLevel.Release)
            .WithLanguageVersion(LanguageVersion.Preview)
            .WithAllowUnsafe(true)
            .WithFilePath(SourceName)
            .WithFileEncoding(Encoding.UTF8)
            .WithEmitDebugInformation(true)
            .WithMetadataResolver(new CellReferenceResolver(references, Open))
            .WithSourceResolver(ScriptSourceResolver.Default.WithBaseDirectory(Path.GetFullPath(session.Folder)))
            .WithReferences(references.Paths.Where(p => p != CoreLibrary).Select(Open))
            .WithImports([.. UsualImports.Concat(session.Imports).Distinct()]);
        assistant = new(options);
    }

    /// <inheritdoc />
    public string Name => "csharp";

    /// <inheritdoc />
    public IReadOnlyList<string> Aliases { get; } = ["c#"];

    /// <inheritdoc />
    public string Help => "a cell or its rest in C#";

    /// <inheritdoc />
    public IReadOnlyList<Variable> Variables => state is null ? [] :
        [.. state.Variables.Reverse().DistinctBy(v => v.Name).Select(v => new Variable(v.Name, v.Type, v.Value)).OrderBy(v => v.Name, StringComparer.Ordinal)];

    /// <inheritdoc />
    public async Task<LanguageResult> RunAsync(CodePart part, CellScope scope)
    {
        ArgumentNullException.ThrowIfNull(scope);
        CellCode code = await references.ReadAsync(part, scope).ConfigureAwait(false);
        AddReferences(code.References);
        return await RunAsync(code.Text, scope.Cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async Task SetAsync(string name, object? value, Type type)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(type);
        if (!CSharpTypeName.IsIdentifier(name)) throw new CellException("InvalidName", $"'{name}' is no name C# can give a variable: letters, digits and _ are allowed, a digit not first, keywords not at all.");
        AddReferences(references.PathsOf(type));
        // A type of an earlier cell may be hidden by a later one of the same name; then its own name does not lead to it.
        bool isNamed = CSharpTypeName.Of(type) is { } typeName && await DeclareAsync($"{typeName} {name} = default;").ConfigureAwait(false) && state?.GetVariable(name)?.Type == type;
        if (!isNamed) await DeclareAsync($"dynamic {name} = null;").ConfigureAwait(false);
        if (state?.GetVariable(name) is { } variable) variable.Value = value;
    }

    /// <inheritdoc />
    public Task<CompletionSet> CompleteAsync(string code, int position, CancellationToken cancellation) => assistant.CompleteAsync(code, position, cancellation);

    /// <inheritdoc />
    public Task<MimeBundle?> InspectAsync(string code, int position, CancellationToken cancellation) => assistant.InspectAsync(code, position, cancellation);

    /// <inheritdoc />
    public Completeness Check(string code) => CSharpAssistant.Check(code);

    /// <inheritdoc />
    public void Dispose()
    {
        assistant.Dispose();
        loader.Dispose();
    }

    // MetadataReference.CreateFromFile reads whole files into memory, code included. What the host ships stays as it is, so it is mapped instead, and only pages that are looked at count;
    // what else is referenced may be built anew meanwhile.
    internal static PortableExecutableReference Open(string path) => Opened.GetOrAdd(path, static p => HostAssemblies.IsShipped(p)
        ? AssemblyMetadata.CreateFromFile(p).GetReference(CodeDocumentation.Of(p), filePath: p, display: p)
        : MetadataReference.CreateFromFile(p, documentation: CodeDocumentation.Of(p)));

    private async Task<bool> DeclareAsync(string code)
    {
        try
        {
            await RunAsync(code, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (CellException)
        {
            return false;
        }
    }

    private async Task<LanguageResult> RunAsync(string code, CancellationToken cancellation)
    {
        ScriptState<object?>? before = state;
        Script<object?> script = before is null ? CSharpScript.Create<object?>(code, options, assemblyLoader: loader) : before.Script.ContinueWith<object?>(code, options);
        SourceError[] errors = [.. script.Compile(cancellation).Where(d => d.Severity == DiagnosticSeverity.Error).Select(Error)];
        if (errors.Length > 0) throw SourceError.ToException(errors, code);
        ScriptState<object?> after = before is null
            ? await script.RunAsync(null, _ => true, cancellation).ConfigureAwait(false)
            : await script.RunFromAsync(before, _ => true, cancellation).ConfigureAwait(false);
        // An interrupted cell that ends at last must not undo what ran after it.
        if (Interlocked.CompareExchange(ref state, after, before) != before) return LanguageResult.None;
        assistant.Add(code, options);
        if (after.Exception is { } thrown) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
        return EndsInValue(script.GetCompilation()) || (after.ReturnValue is not null && Returns(script.GetCompilation())) ? LanguageResult.Of(after.ReturnValue) : LanguageResult.None;
    }

    private void AddReferences(IEnumerable<string> paths)
    {
        HashSet<string> known = [.. options.MetadataReferences.OfType<PortableExecutableReference>().Select(r => r.FilePath ?? ""), CoreLibrary];
        string[] added = [.. paths.Where(known.Add)];
        if (added.Length == 0) return;
        foreach (string path in added) loader.RegisterDependency(AssemblyLoadContext.Default.LoadFromAssemblyPath(path));
        options = options.AddReferences(added.Select(Open));
    }

    private static SourceError Error(Diagnostic diagnostic)
    {
        FileLinePositionSpan place = diagnostic.Location.GetMappedLineSpan();
        string? file = diagnostic.Location.SourceTree?.FilePath is { Length: > 0 } path && path != SourceName ? path : null;
        return new(place.StartLinePosition.Line + 1, place.StartLinePosition.Character + 1, diagnostic.Id, diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture), file);
    }

    // The last statement is an expression without its semicolon, and not one of type void.
    private static bool EndsInValue(Compilation compilation)
    {
        if (CellTree(compilation) is not { } tree || tree.GetCompilationUnitRoot().Members.LastOrDefault() is not GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last }) return false;
        return compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression).Type?.SpecialType != SpecialType.System_Void;
    }

    // "return 5;" outside of functions.
    private static bool Returns(Compilation compilation) => CellTree(compilation)?.GetCompilationUnitRoot().Members.OfType<GlobalStatementSyntax>()
        .Any(s => s.DescendantNodes(n => n is not (LocalFunctionStatementSyntax or AnonymousFunctionExpressionSyntax)).Any(n => n is ReturnStatementSyntax { Expression: not null })) == true;

    private static SyntaxTree? CellTree(Compilation compilation) => compilation.SyntaxTrees.LastOrDefault(t => t.FilePath == SourceName);
}
