using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Running;

/// <summary>The line of code that gives a parameter its value, in C# or F#. A value the parameter does not take is an <see cref="ArgumentException"/>.</summary>
internal static class ParameterCode
{
    private const string CSharpList = "new[] { ", FSharpArray = "[| ", FSharpList = "[ ";

    // Types no literal can be written of.
    private static readonly HashSet<string> WithoutLiteral = new(StringComparer.Ordinal) { "char", "Char", "TimeSpan", "DateTime", "DateTimeOffset", "DateOnly", "TimeOnly", "Guid", "Uri", "Version" };

    /// <summary>Such as "var seed = 7;".</summary>
    public static string CSharp(ParameterValue value, ParameterDeclaration? declared)
    {
        JsonNode? json = Fitting(value, declared);
        string code = json switch
        {
            null => declared?.Type is null ? "(object?)null" : "null",
            JsonArray { Count: 0 } => declared?.Type is null ? $"new {ElementType(declared)}[0]" : "[]",
            JsonArray items => declared?.Type is null ? $"{(IsUniform(items) ? CSharpList : "new object?[] { ")}{Items(items, declared, ", ")} }}" : $"[{Items(items, declared, ", ")}]",
            JsonObject members => $"new Dictionary<string, object?> {{ {string.Join(", ", members.Select(m => $"[{Quoted(m.Key)}] = {CSharp(new("item", m.Value), null).Split(" = ", 2)[1].TrimEnd(';')}"))} }}",
            _ => Literal(json, declared),
        };
        return $"{declared?.Type ?? "var"} {value.Name} = {code};";
    }

    /// <summary>Such as "let seed = 7".</summary>
    public static string FSharp(ParameterValue value, ParameterDeclaration? declared)
    {
        JsonNode? json = Fitting(value, declared);
        bool isArray = declared is null || declared.Default.StartsWith("[|", StringComparison.Ordinal);
        string code = json switch
        {
            null => "null",
            JsonArray items when !IsUniform(items) => throw new ArgumentException($"Parameter {value.Name}: the items of a list must be of one kind in F#."),
            JsonArray items => $"{(isArray ? FSharpArray : FSharpList)}{Items(items, declared, "; ")}{(isArray ? " |]" : " ]")}",
            JsonObject => throw new ArgumentException($"Parameter {value.Name}: an object cannot be given to an F# cell; give its members as parameters of their own."),
            _ => Literal(json, declared),
        };
        return $"let {value.Name}{(declared?.Type is { } type ? ": " + type : "")} = {code}";
    }

    /// <summary>The value as the parameter takes it: what was typed as 7 is the text "7" where a text is needed.</summary>
    public static JsonNode? Fitting(ParameterValue value, ParameterDeclaration? declared)
    {
        if (declared is not null && value.Value is not null && WithoutLiteral.Contains(ElementTypeName(declared)))
            throw new ArgumentException($"Parameter {value.Name}: '{Given(value)}' cannot be a {ElementTypeName(declared)}; a run gives numbers, texts, truth values and lists. Let the notebook take one of these and make the {ElementTypeName(declared)} of it.");
        if (declared is null || declared.Kind == ParameterKind.Any && !declared.IsList || value.Value is null) return value.Value;
        if (declared.Kind == ParameterKind.Text && !declared.IsList && value.Raw is { } raw && !raw.TrimStart().StartsWith('"')) return raw;
        JsonNode?[] items = !declared.IsList ? [value.Value] : value.Value is JsonArray list ? [.. list] : throw Unfit(value, declared);
        if (declared.Kind != ParameterKind.Any && !Array.TrueForAll(items, i => Fits(i, declared.Kind))) throw Unfit(value, declared);
        if (RangeOf(ElementTypeName(declared)) is { } range && Array.Find(items, i => WholeNumber(i) is { } n && (n < range.Low || (n > 0 && (ulong)n > range.High))) is { } outside)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Parameter {value.Name}: {outside.ToJsonString()} does not fit; {ElementTypeName(declared)} goes from {range.Low} to {range.High}."));
        return value.Value;
    }

    // "int" of "int?", "int[]" and "System.Int32"; empty where the notebook writes no type.
    private static string ElementTypeName(ParameterDeclaration declared) => (declared.Type ?? "").TrimEnd('?', ']', '[', ' ').Split('.')[^1];

    // C#'s names, then F#'s that differ; C#'s sbyte and byte are F#'s too.
    private static (long Low, ulong High)? RangeOf(string type) => type switch
    {
        "int" or "Int32" or "int32" => (int.MinValue, int.MaxValue),
        "uint" or "UInt32" or "uint32" => (0, uint.MaxValue),
        "short" or "Int16" or "int16" => (short.MinValue, (ulong)short.MaxValue),
        "ushort" or "UInt16" or "uint16" => (0, ushort.MaxValue),
        "byte" or "Byte" or "uint8" => (0, byte.MaxValue),
        "sbyte" or "SByte" or "int8" => (sbyte.MinValue, (ulong)sbyte.MaxValue),
        "ulong" or "UInt64" or "uint64" => (0, ulong.MaxValue),
        _ => null,
    };

    private static bool Fits(JsonNode? value, ParameterKind kind) => kind switch
    {
        ParameterKind.Text => value?.GetValueKind() == JsonValueKind.String,
        ParameterKind.Flag => value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
        ParameterKind.Real => value?.GetValueKind() == JsonValueKind.Number,
        _ => WholeNumber(value) is not null,
    };

    private static ArgumentException Unfit(ParameterValue value, ParameterDeclaration declared)
    {
        string takes = declared.Kind switch
        {
            ParameterKind.Whole or ParameterKind.Long => declared.IsList ? "whole numbers" : "a whole number",
            ParameterKind.Real => declared.IsList ? "numbers" : "a number",
            ParameterKind.Flag => declared.IsList ? "truth values" : "true or false",
            ParameterKind.Text => declared.IsList ? "texts" : "a text",
            _ => "values",
        };
        return new($"Parameter {value.Name}: '{Given(value)}' is not {(declared.IsList ? "a JSON list of " : "")}{takes}; the notebook has {declared.Default}.");
    }

    private static string Given(ParameterValue value) => value.Raw ?? value.Value?.ToJsonString() ?? "null";

    private static string Items(JsonArray items, ParameterDeclaration? declared, string separator)
    {
        // Numbers of one list are all of the kind that holds every one of them.
        bool isReal = items.Any(i => i?.GetValueKind() == JsonValueKind.Number && WholeNumber(i) is null) && IsUniform(items);
        ParameterDeclaration? item = isReal && declared?.Kind is null or ParameterKind.Any ? new("", ParameterKind.Real, false, null, "", "") : declared;
        return string.Join(separator, items.Select(i => Literal(i, item)));
    }

    private static bool IsUniform(JsonArray items) => items.Select(i => i?.GetValueKind() switch { JsonValueKind.True or JsonValueKind.False => JsonValueKind.True, null => JsonValueKind.Null, var kind => kind }).Distinct().ToArray()
        is [] or [JsonValueKind.Number] or [JsonValueKind.String] or [JsonValueKind.True];

    private static string ElementType(ParameterDeclaration? declared) => declared?.Kind switch
    {
        ParameterKind.Whole => "int",
        ParameterKind.Long => "long",
        ParameterKind.Real => declared.Suffix switch { "f" => "float", "m" => "decimal", _ => "double" },
        ParameterKind.Flag => "bool",
        ParameterKind.Text => "string",
        _ => "object?",
    };

    private static string Literal(JsonNode? value, ParameterDeclaration? declared) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.String => Quoted(value.GetValue<string>()),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => Number(value, declared),
        _ => throw new ArgumentException("A list or an object inside a list cannot be a parameter; pass the name of a file instead."),
    };

    private static string Number(JsonNode value, ParameterDeclaration? declared)
    {
        if (declared?.Kind != ParameterKind.Real && WholeNumber(value) is { } whole)
        {
            string digits = whole.ToString(CultureInfo.InvariantCulture);
            return whole is < int.MinValue or > int.MaxValue ? digits + "L" : digits + (declared?.Suffix ?? "");
        }
        string text = Real(value).ToString("R", CultureInfo.InvariantCulture);
        string suffix = declared?.Kind == ParameterKind.Real ? declared.Suffix : "";
        return (suffix.Length > 0 || text.AsSpan().ContainsAny('.', 'E') ? text : text + ".0") + suffix;
    }

    private static double Real(JsonNode value) => double.Parse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);

    private static long? WholeNumber(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number && long.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? whole : null;

    private static string Quoted(string text)
    {
        StringBuilder code = new("\"");
        foreach (char c in text)
        {
            if (c is '"' or '\\') code.Append('\\').Append(c);
            else if (c is < ' ' or '\u007F' or '\u0085' or '\u2028' or '\u2029' || char.IsSurrogate(c)) code.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else code.Append(c);
        }
        return code.Append('"').ToString();
    }
}
