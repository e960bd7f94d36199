using System.Globalization;
using Microsoft.CodeAnalysis.CSharp;

namespace Workbench.Notebooks.Languages.CSharp;

/// <summary>Names and types as C# spells them.</summary>
internal static class CSharpTypeName
{
    /// <summary>Can it be a variable's name as it is?</summary>
    public static bool IsIdentifier(string name) => SyntaxFacts.IsValidIdentifier(name) && SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None;

    /// <summary>The type as a cell can write it; null for one that no cell can name: anonymous, private, or made in memory by another language.</summary>
    public static string? Of(Type type)
    {
        if (type.IsArray)
        {
            // C# writes the outermost rank first.
            string ranks = "";
            Type element = type;
            for (; element.IsArray; element = element.GetElementType() ?? typeof(object)) ranks += "[" + new string(',', element.GetArrayRank() - 1) + "]";
            return Of(element) is { } name ? name + ranks : null;
        }
        if (!type.IsVisible || type.IsPointer || type.IsByRef || type.IsFunctionPointer || type.IsByRefLike || type.ContainsGenericParameters) return null;
        bool isOfCell = IsCell(type.DeclaringType);
        if (type.Assembly.IsDynamic || (type.Assembly.Location.Length == 0 && !isOfCell)) return null;
        Type[] arguments = type.GetGenericArguments();
        string?[] names = [.. arguments.Select(Of)];
        if (names.Any(n => n is null)) return null;
        List<Type> chain = [];
        for (Type? t = type; t is not null && !IsCell(t); t = t.DeclaringType) chain.Insert(0, t);
        int used = 0;
        IEnumerable<string> parts = chain.Select(t =>
        {
            string[] halves = t.Name.Split('`');
            int count = halves.Length > 1 ? int.Parse(halves[1], CultureInfo.InvariantCulture) : 0;
            string text = halves[0] + (count == 0 ? "" : $"<{string.Join(", ", names[used..(used + count)])}>");
            used += count;
            return text;
        });
        string path = string.Join('.', parts);
        return IsCell(chain[0].DeclaringType) ? path : "global::" + (chain[0].Namespace is { } space ? space + "." : "") + path;
    }

    private static bool IsCell(Type? type) => type is { Namespace: null, DeclaringType: null } && type.Name.StartsWith("Submission#", StringComparison.Ordinal);
}
