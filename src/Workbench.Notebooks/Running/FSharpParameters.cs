using System.Text.RegularExpressions;

namespace Workbench.Notebooks.Running;

/// <summary>The parameters an F# cell declares: its lines "let name = value" that begin at the margin.</summary>
internal static partial class FSharpParameters
{
    public static IEnumerable<ParameterDeclaration> Read(string code)
    {
        foreach (Match match in Binding().Matches(code))
        {
            string value = match.Groups["value"].Value.Trim();
            bool isList = value.StartsWith('[');
            string first = isList ? value.Trim('[', ']', '|', ' ').Split(';')[0].Trim() : value;
            ParameterKind kind = first switch
            {
                "true" or "false" => ParameterKind.Flag,
                _ when first.StartsWith('"') => ParameterKind.Text,
                _ when Whole().IsMatch(first) => ParameterKind.Whole,
                _ when Long().IsMatch(first) => ParameterKind.Long,
                _ when Real().IsMatch(first) => ParameterKind.Real,
                _ => ParameterKind.Any,
            };
            string type = match.Groups["type"].Value.Trim();
            yield return new(match.Groups["name"].Value, kind, isList, type.Length > 0 ? type : null, kind == ParameterKind.Long ? "L" : "", value);
        }
    }

    [GeneratedRegex(@"^let\s+(?:mutable\s+)?(?<name>[\p{L}_][\p{L}\p{Nd}_']*)\s*(?::(?<type>[^=\n]+))?=(?<value>[^\n]*)", RegexOptions.Multiline)]
    private static partial Regex Binding();

    [GeneratedRegex(@"^-?[0-9][0-9_]*\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"^-?[0-9][0-9_]*L\z")]
    private static partial Regex Long();

    [GeneratedRegex(@"^-?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Real();
}
