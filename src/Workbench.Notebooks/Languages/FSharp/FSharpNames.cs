namespace Workbench.Notebooks.Languages.FSharp;

/// <summary>Names and brackets in F# code.</summary>
internal static class FSharpNames
{
    private static readonly HashSet<string> Keywords =
    [
        .. ("abstract and as assert base begin class default delegate do done downcast downto elif else end exception extern false finally fixed for fun function global if in inherit inline " +
            "interface internal lazy let match member module mutable namespace new not null of open or override private public rec return select sig static struct then to true try type upcast " +
            "use val void when while with yield const").Split(' '),
    ];

    /// <summary>Can it be a variable's name without double backticks?</summary>
    public static bool IsIdentifier(string name) =>
        name.Length > 0 && (char.IsLetter(name[0]) || name[0] == '_') && name.All(c => char.IsLetterOrDigit(c) || c is '_' or '\'') && !Keywords.Contains(name);

    /// <summary>The name that a position lies in or at the end of; "" if there is none.</summary>
    public static string At(string code, int position)
    {
        int begin = position, end = position;
        while (begin > 0 && IsPart(code[begin - 1])) begin--;
        while (end < code.Length && IsPart(code[end])) end++;
        return code[begin..end];
    }

    /// <summary>Are there more brackets opened than closed?</summary>
    public static bool HasOpenBrackets(string code) => code.Count(c => c is '(' or '[' or '{') > code.Count(c => c is ')' or ']' or '}');

    private static bool IsPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '\'';
}
