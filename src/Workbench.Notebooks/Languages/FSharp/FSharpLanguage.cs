using FSharp.Compiler.Diagnostics;
using FSharp.Compiler.Interactive;
using Microsoft.FSharp.Core;
using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages.CSharp;
using Workbench.Notebooks.Packages;
using Workbench.Notebooks.Sessions;
using Evaluation = Microsoft.FSharp.Core.FSharpChoice<Microsoft.FSharp.Core.FSharpOption<FSharp.Compiler.Interactive.Shell.FsiValue>?, System.Exception>;

namespace Workbench.Notebooks.Languages.FSharp;

/// <summary>F# by its compiler's interactive session, in this process. Started by the first F# cell: that takes a second.</summary>
internal sealed class FSharpLanguage(SessionOptions options, CellReferences references) : ILanguage, IVariables, ICodeAssistant, IDisposable
{
    private const string AsObject = "\n|> box";

    private static readonly string[] UsualImports =
        ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Text", "System.Threading", "System.Threading.Tasks", "Workbench.Notebooks.Display"];

    private readonly Lock gate = new();
    private readonly HashSet<string> referenced = [];
    private Shell.FsiEvaluationSession? session;
    private int running;

    public string Name => "fsharp";

    public IReadOnlyList<string> Aliases { get; } = ["f#"];

    public string Help => "a cell or its rest in F#";

    public IReadOnlyList<Variable> Variables => session is not { } fsi ? [] :
        [.. fsi.GetBoundValues().Where(v => v.Name != "it").Select(v => new Variable(v.Name, v.Value.ReflectionType, v.Value.ReflectionValue)).OrderBy(v => v.Name, StringComparer.Ordinal)];

    public async Task<LanguageResult> RunAsync(CodePart part, CellScope scope)
    {
        CellCode code = await references.ReadAsync(part, scope).ConfigureAwait(false);
        return Exclusively(() =>
        {
            Shell.FsiEvaluationSession fsi = Start();
            Reference(fsi, code.References);
            return Evaluate(fsi, code.Text, scope.Cancellation);
        });
    }

    public Task SetAsync(string name, object? value, Type type)
    {
        if (!FSharpNames.IsIdentifier(name)) throw new CellException("InvalidName", $"'{name}' is no name F# can give a variable: letters, digits and _ are allowed, a digit not first, keywords not at all.");
        Exclusively(() =>
        {
            Shell.FsiEvaluationSession fsi = Start();
            Reference(fsi, references.PathsOf(type));
            Declare(fsi, name, value, type);
            return LanguageResult.None;
        });
        return Task.CompletedTask;
    }

    public Task<CompletionSet> CompleteAsync(string code, int position, CancellationToken cancellation)
    {
        int begin = position;
        while (begin > 0 && (char.IsLetterOrDigit(code[begin - 1]) || code[begin - 1] is '_' or '.')) begin--;
        string path = code[begin..position];
        int start = begin + path.LastIndexOf('.') + 1;
        string prefix = code[start..position];
        if (running > 0) return Task.FromResult(new CompletionSet([], start, position));
        string[] names = Exclusively(() => Start().GetCompletions(path).Distinct().ToArray());
        IEnumerable<string> fitting = names.Where(n => n.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(n => n.StartsWith(prefix, StringComparison.Ordinal)).ThenBy(n => n, StringComparer.OrdinalIgnoreCase);
        return Task.FromResult(new CompletionSet([.. fitting.Select(n => new Completion(n, char.IsUpper(n[0]) ? "property" : "function", ""))], start, position));
    }

    public Task<MimeBundle?> InspectAsync(string code, int position, CancellationToken cancellation)
    {
        string name = FSharpNames.At(code, position);
        Variable? variable = Variables.FirstOrDefault(v => v.Name == name);
        return Task.FromResult(variable is null ? null : MimeBundle.Text($"val {name}: {variable.Type.FullName}"));
    }

    public Completeness Check(string code) =>
        OpenText.IsOpen(Name, code) || code.TrimEnd().EndsWith('=') || code.TrimEnd().EndsWith("->", StringComparison.Ordinal) || FSharpNames.HasOpenBrackets(code) ? Completeness.Incomplete : Completeness.Complete;

    public void Dispose() => (session as IDisposable)?.Dispose();

    private static LanguageResult Evaluate(Shell.FsiEvaluationSession fsi, string code, CancellationToken cancellation)
    {
        (Evaluation result, FSharpDiagnostic[] diagnostics) = fsi.EvalInteractionNonThrowing(code, "cell.fsx", FSharpOption<CancellationToken>.Some(cancellation));
        SourceError[] errors = [.. diagnostics.Where(d => d.Severity.IsError).Select(d => new SourceError(d.StartLine, d.StartColumn + 1, d.ErrorNumberText, d.Message, d.FileName.EndsWith("cell.fsx", StringComparison.Ordinal) ? null : d.FileName))];
        // An expression of any type, such as failwith, is none F# can keep as "it". That is found before anything runs, so the code is run as one that gives an object.
        if (errors is [{ Id: "FS0030", File: null } open] && open.Message.Contains("'it'", StringComparison.Ordinal) && !code.EndsWith(AsObject, StringComparison.Ordinal))
            return Evaluate(fsi, code + AsObject, cancellation);
        if (errors.Length > 0) throw SourceError.ToException(errors, code);
        if (result is Evaluation.Choice2Of2 thrown)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown.Item);
        }
        // The value is absent after a declaration, and of type unit after a statement.
        FSharpOption<Shell.FsiValue>? value = ((Evaluation.Choice1Of2)result).Item;
        return value is null || value.Value.ReflectionType == typeof(Unit) ? LanguageResult.None : LanguageResult.Of(value.Value.ReflectionValue);
    }

    // A declaration keeps the declared type; AddBoundValue would take the object's, such as a private iterator.
    private static void Declare(Shell.FsiEvaluationSession fsi, string name, object? value, Type type)
    {
        if (CellReferences.IsOnDisk(type) && CSharpTypeName.Of(type)?.Replace("global::", "global.", StringComparison.Ordinal) is { } typeName)
        {
            HandOver.Put(value);
            Evaluate(fsi, $"let {name} : {typeName} = unbox<{typeName}> (Workbench.Notebooks.Languages.FSharp.HandOver.Take())", CancellationToken.None);
            return;
        }
        if (value is not null && TryAdd(fsi, name, value)) return;
        HandOver.Put(value);
        string near = value is IEnumerable<object> ? "seq<obj>" : "obj";
        Evaluate(fsi, $"let {name} = unbox<{near}> (Workbench.Notebooks.Languages.FSharp.HandOver.Take())", CancellationToken.None);
    }

    // The compiler refuses types of other dynamic assemblies than its own, in several ways; as an object or a sequence of objects the value is still there.
    private static bool TryAdd(Shell.FsiEvaluationSession fsi, string name, object value)
    {
        try
        {
            fsi.AddBoundValue(name, value);
            return true;
        }
#pragma warning disable CA1031 // What it throws is not documented.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }

    // The compiler's session is not made for two at a time; an interrupted cell may still be in it.
    private T Exclusively<T>(Func<T> work)
    {
        if (Interlocked.CompareExchange(ref running, 1, 0) != 0)
            throw new CellException("Busy", "An interrupted F# cell is still running, and F# runs one at a time. Wait for it, or restart the kernel; let loops look at 'Interrupted'.");
        try
        {
            return work();
        }
        finally
        {
            running = 0;
        }
    }

    private Shell.FsiEvaluationSession Start()
    {
        lock (gate)
        {
            if (session is { } started) return started;
            // The runtime's own assemblies, not an SDK's references: beside those, List and other types of the core library are unknown or two.
            string[] arguments = ["fsi.exe", "--usesdkrefs-", "--noninteractive", "--nologo", "--gui-", "--multiemit+", "--optimize+", "--langversion:latest", "--readline-", "--quiet", .. references.Added.Select(p => "-r:" + p)];
            Shell.FsiEvaluationSession fsi = Shell.FsiEvaluationSession.Create(Shell.FsiEvaluationSession.GetDefaultConfiguration(), arguments, TextReader.Null, TextWriter.Null, TextWriter.Null, FSharpOption<bool>.Some(false), null);
            foreach (string path in references.Paths) referenced.Add(path);
            string[] opens = [.. UsualImports.Concat(options.Imports).Distinct().Select(i => "open " + i), "open type Workbench.Notebooks.Display.NotebookDisplay"];
            Evaluate(fsi, string.Join('\n', opens), CancellationToken.None);
            return session = fsi;
        }
    }

    private void Reference(Shell.FsiEvaluationSession fsi, IEnumerable<string> paths)
    {
        foreach (string path in paths.Where(referenced.Add)) Evaluate(fsi, $"#r @\"{path}\"", CancellationToken.None);
    }
}
