using Workbench.Notebooks.Cells;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Magics;

namespace Workbench.Notebooks.Languages;

/// <summary>One language of a session: runs code and keeps what it declares. What else it can do it says by <see cref="IVariables"/> and <see cref="ICodeAssistant"/>.</summary>
public interface ILanguage
{
    /// <summary>The name in metadata and after #!, such as "csharp".</summary>
    string Name { get; }

    /// <summary>Other names after #!, such as "c#".</summary>
    IReadOnlyList<string> Aliases { get; }

    /// <summary>One line for #!lsmagic.</summary>
    string Help { get; }

    /// <summary>What may follow the language's name on its line.</summary>
    MagicSyntax Syntax => MagicSyntax.Nothing;

    /// <summary>
    /// Runs code and gives the value of its last expression. What it prints or shows goes to the scope's output; what is wrong with the code is a <see cref="CellException"/>,
    /// what the code threw is passed on. Lines in errors are the cell's. Cancelled by the scope's token as far as the code looks at it.
    /// </summary>
    Task<LanguageResult> RunAsync(CodePart part, CellScope scope);
}

/// <summary>The value of a part of a cell; no value is not the same as the value null.</summary>
/// <param name="HasValue">Does the code end in an expression?</param>
/// <param name="Value">Its value.</param>
public readonly record struct LanguageResult(bool HasValue, object? Value)
{
    /// <summary>Code without a value.</summary>
    public static LanguageResult None => default;

    /// <summary>A value.</summary>
    public static LanguageResult Of(object? value) => new(true, value);
}

/// <summary>A variable of a language.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its declared type.</param>
/// <param name="Value">Its value now.</param>
public sealed record Variable(string Name, Type Type, object? Value);

/// <summary>A language whose variables can be read and set from outside.</summary>
public interface IVariables
{
    /// <summary>The variables, the latest of each name, by name.</summary>
    IReadOnlyList<Variable> Variables { get; }

    /// <summary>Declares a variable, or gives the one of that name another value and type. A name the language cannot have is a <see cref="CellException"/>.</summary>
    Task SetAsync(string name, object? value, Type type);
}

/// <summary>One way to go on typing.</summary>
/// <param name="Text">What is inserted.</param>
/// <param name="Kind">What it is, as Jupyter names it: function, property, class, keyword, instance, module, magic.</param>
/// <param name="Signature">Its type or parameters, for a list.</param>
public sealed record Completion(string Text, string Kind, string Signature);

/// <summary>Ways to go on; they replace the text from Start to End (UTF-16 positions in the code given).</summary>
public sealed record CompletionSet(IReadOnlyList<Completion> Items, int Start, int End);

/// <summary>Can this code be run as it is?</summary>
public enum Completeness
{
    /// <summary>Yes.</summary>
    Complete,
    /// <summary>More lines must follow.</summary>
    Incomplete,
    /// <summary>No line that follows can put it right.</summary>
    Invalid,
}

/// <summary>A language that helps with typing.</summary>
public interface ICodeAssistant
{
    /// <summary>Ways to go on at a position (UTF-16, 0 to the length).</summary>
    Task<CompletionSet> CompleteAsync(string code, int position, CancellationToken cancellation);

    /// <summary>What stands at a position, as a bundle; null if nothing is known of it.</summary>
    Task<MimeBundle?> InspectAsync(string code, int position, CancellationToken cancellation);

    /// <summary>Can it be run as it is?</summary>
    Completeness Check(string code);
}
