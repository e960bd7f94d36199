using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Workbench.Notebooks.Documents;

namespace Workbench.Notebooks.Running;

/// <summary>A value given to a parameter of a notebook.</summary>
/// <param name="Name">The variable it sets.</param>
/// <param name="Value">The value as JSON: a number, a truth value, a text, null, a list or an object.</param>
/// <param name="Raw">How it was typed, for a parameter that turns out to be a text; null if the value has its type already.</param>
public sealed partial record ParameterValue(string Name, JsonNode? Value, string? Raw = null)
{
    /// <summary>Reads name=value: whole numbers (also 0x…), numbers with a point or exponent, true, false, null, JSON texts, lists and objects; anything else is a text.</summary>
    public static ParameterValue Parse(string assignment)
    {
        ArgumentNullException.ThrowIfNull(assignment);
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? assignment : assignment[..equals].Trim();
        if (equals < 0 || !Identifier().IsMatch(name)) throw new ArgumentException($"Parameter '{assignment}': write name=value, the name as in the notebook's code.");
        string raw = assignment[(equals + 1)..];
        return new(name, ValueOf(name, raw), raw);
    }

    /// <summary>Reads a file with one JSON object, a member for each parameter.</summary>
    public static IReadOnlyList<ParameterValue> ReadFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (JupyterJson.Read(File.ReadAllBytes(path), Path.GetFileName(path)) is not JsonObject members)
            throw new ArgumentException($"{path}: an object with a member for each parameter is needed, such as {{ \"seed\": 7 }}.");
        foreach ((string name, _) in members)
            if (!Identifier().IsMatch(name)) throw new ArgumentException($"{path}: '{name}' cannot be the name of a parameter.");
        return [.. members.Select(m => new ParameterValue(m.Key, m.Value?.DeepClone()))];
    }

    private static JsonNode? ValueOf(string name, string raw)
    {
        string text = raw.Trim();
        if (text.Length > 0 && text[0] is '"' or '[' or '{') return JsonOf(name, text);
        if (text == "null") return null;
        if (bool.TryParse(text, out bool flag)) return flag;
        if (Hexadecimal().IsMatch(text))
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long hex) ? hex : throw TooLarge(name, text);
        if (WholeNumber().IsMatch(text))
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? whole : throw TooLarge(name, text);
        if (Number().IsMatch(text))
        {
            double number = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
            return double.IsFinite(number) ? number : throw TooLarge(name, text);
        }
        return raw;
    }

    private static JsonNode? JsonOf(string name, string text)
    {
        try
        {
            return JsonNode.Parse(Encoding.UTF8.GetBytes(text));
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"Parameter {name}: '{text}' begins like a JSON text, list or object and is none: {e.Message.Split(" Path:")[0]}", e);
        }
    }

    private static ArgumentException TooLarge(string name, string text) => new($"Parameter {name}: {text} is too large for a number; write it in quotes to pass it as a text.");

    [GeneratedRegex(@"^[\p{L}_][\p{L}\p{Nd}_]*\z")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^0[xX][0-9a-fA-F]+\z")]
    private static partial Regex Hexadecimal();

    [GeneratedRegex(@"^[-+]?[0-9]+\z")]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\z")]
    private static partial Regex Number();
}
