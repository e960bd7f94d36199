using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Html;
using Microsoft.DotNet.Interactive.Formatting;

namespace Workbench.Notebooks.Formatters;

/// <summary>Sequences, tuples and options as text: <c>[(amd, 1.004), (vtd, 1.006)]</c>, the first twenty items and how many more there are. Those of F# look like those of C#.</summary>
internal static class ListText
{
    private const int ShownItems = 20, MostItems = 400, MostDepth = 6, LongestItem = 160, LineWidth = 80;

    /// <summary>Is the value a sequence, tuple or option that nobody registered a formatter for?</summary>
    public static bool Applies(object? value) =>
        value is not (null or string or IHtmlContent) && (value is JsonNode or ITuple or IEnumerable || IsOption(value.GetType())) && !HasFormatter(value.GetType());

    /// <summary>Does text say it all: is it no table of keys, and is nothing in it that would be shown in a form of its own?</summary>
    public static bool IsWhole(object value)
    {
        int left = MostItems;
        return value is JsonNode || (!IsMap(value) && IsPlain(value, 0, ref left));
    }

    /// <summary>The text, broken between items where it is longer than a line.</summary>
    public static string Of(object value)
    {
        int left = MostItems;
        if (value is JsonNode || value is not IEnumerable sequence) return Item(value, 0, ref left);
        List<string> items = Items(sequence, 0, ref left);
        string line = $"[{string.Join(", ", items)}]";
        if (line.Length <= LineWidth) return line;
        StringBuilder text = new("[");
        int column = 1;
        for (int i = 0; i < items.Count; i++)
        {
            string item = items[i] + (i + 1 < items.Count ? "," : "]");
            bool breaks = i > 0 && column + 1 + item.Length > LineWidth;
            if (i > 0) text.Append(breaks ? "\n " : " ");
            text.Append(item);
            column = breaks ? 1 + item.Length : column + 1 + item.Length;
        }
        return text.ToString();
    }

    // As many items are looked at as are shown at most: what is nested grows by its power.
    private static bool IsPlain(object? item, int depth, ref int left)
    {
        if (left-- <= 0 || depth > MostDepth) return true;
        switch (item)
        {
            case null or string or IFormattable or bool or char or JsonNode: return true;
            case IHtmlContent: return false;
            case not null when depth > 0 && HasFormatter(item.GetType()): return false;
            case ITuple tuple:
                for (int i = 0; i < tuple.Length; i++)
                    if (!IsPlain(tuple[i], depth + 1, ref left)) return false;
                return true;
            case IEnumerable sequence:
                foreach (object? inner in sequence.Cast<object?>().Take(ShownItems))
                    if (!IsPlain(inner, depth + 1, ref left)) return false;
                return true;
        }
        if (IsOption(item.GetType())) return IsPlain(ValueOf(item, "Value"), depth + 1, ref left);
        // A text of its own says what the type wants to be read; one without would be a name in brackets.
        return IsPair(item.GetType()) || item.GetType().GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType is { } declaring && declaring != typeof(object) && declaring != typeof(ValueType);
    }

    private static string Item(object? item, int depth, ref int left)
    {
        if (depth > MostDepth) return "…";
        switch (item)
        {
            case null: return "null";
            case string text: return Short(text);
            case JsonNode json: return json.ToJsonString();
            case ITuple tuple:
                List<string> parts = [];
                for (int i = 0; i < tuple.Length; i++) parts.Add(Item(tuple[i], depth + 1, ref left));
                return $"({string.Join(", ", parts)})";
            case IEnumerable sequence when !HasFormatter(item.GetType()): return $"[{string.Join(", ", Items(sequence, depth + 1, ref left))}]";
            case IFormattable formattable: return Short(formattable.ToString(null, CultureInfo.InvariantCulture));
        }
        if (IsOption(item.GetType())) return $"Some({Item(ValueOf(item, "Value"), depth + 1, ref left)})";
        return IsPair(item.GetType()) ? $"{Item(ValueOf(item, "Key"), depth + 1, ref left)}: {Item(ValueOf(item, "Value"), depth + 1, ref left)}" : Short(item.ToString() ?? "");
    }

    private static List<string> Items(IEnumerable sequence, int depth, ref int left)
    {
        List<string> items = [];
        foreach (object? item in sequence)
        {
            if (items.Count == ShownItems || left <= 0)
            {
                items.Add(CountOf(sequence) is { } count ? string.Create(CultureInfo.InvariantCulture, $"… ({count - items.Count:n0} more)") : "…");
                break;
            }
            left--;
            items.Add(Item(item, depth, ref left));
        }
        return items;
    }

    // Not by counting: a sequence may have no end.
    private static int? CountOf(IEnumerable sequence) => sequence is ICollection collection ? collection.Count : ValueOf(sequence, "Count") as int? ?? ValueOf(sequence, "Length") as int?;

    private static string Short(string text)
    {
        text = text.ReplaceLineEndings(" ");
        return text.Length <= LongestItem ? text : text[..(char.IsHighSurrogate(text[LongestItem - 1]) ? LongestItem - 1 : LongestItem)] + "…";
    }

    // By name, since F# code of a session may bring its own copy of the library.
    private static bool IsOption(Type type) => type.IsGenericType && type.GetGenericTypeDefinition().FullName is "Microsoft.FSharp.Core.FSharpOption`1" or "Microsoft.FSharp.Core.FSharpValueOption`1";

    private static bool IsPair(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>);

    private static bool IsMap(object value) => value is IDictionary || value.GetType().GetInterfaces().Any(i => i.IsGenericType && (i.GetGenericTypeDefinition() == typeof(IDictionary<,>) || i.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>)));

    private static object? ValueOf(object item, string property) => item.GetType().GetProperty(property)?.GetValue(item);

    private static bool HasFormatter(Type type) =>
        type.GetCustomAttributes(inherit: true).Any(a => a.GetType().Name == nameof(TypeFormatterSourceAttribute)) || !Formatter.GetPreferredMimeTypesFor(type).SequenceEqual([Display.MimeBundle.Html]) || Formatter.RegisteredFormatters(false).Any(f => Fits(f.Type, type));

    private static bool Fits(Type registered, Type type) =>
        registered.IsAssignableFrom(type) || (registered.IsGenericTypeDefinition && Generic(type).Contains(registered));

    private static IEnumerable<Type> Generic(Type type)
    {
        IEnumerable<Type> all = type.GetInterfaces();
        for (Type? at = type; at is not null; at = at.BaseType) all = all.Append(at);
        return all.Where(t => t.IsGenericType).Select(t => t.GetGenericTypeDefinition());
    }
}
