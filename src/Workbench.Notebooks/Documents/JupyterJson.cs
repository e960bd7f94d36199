using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Workbench.Notebooks.Documents;

/// <summary>JSON as Jupyter stores it: keys in order, one space of indentation, only what must be escaped escaped.</summary>
internal static class JupyterJson
{
    // Where Python ends a line, and so Jupyter an element of "source".
    private static readonly SearchValues<char> LineEnds = SearchValues.Create("\n\r\v\f\u001C\u001D\u001E\u0085\u2028\u2029");

    /// <summary>Reads JSON; a failure names line and column, from 1. Says what it is that should be JSON.</summary>
    public static JsonNode? Read(ReadOnlySpan<byte> utf8, string name)
    {
        try
        {
            JsonNode? node = JsonNode.Parse(utf8, documentOptions: new() { MaxDepth = 256, AllowDuplicateProperties = false });
            CheckTexts(node);
            return node;
        }
        catch (JsonException e)
        {
            string message = e.Message;
            int place = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            throw new NotebookFormatException(string.Create(CultureInfo.InvariantCulture, $"{name} line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}: broken JSON: {(place < 0 ? message : message[..place])}"), e);
        }
        catch (InvalidOperationException e)
        {
            throw new NotebookFormatException($"{name}: broken JSON: a text holds half of a UTF-16 pair.", e);
        }
    }

    /// <summary>Text with a newline at its end.</summary>
    public static string Write(JsonNode node)
    {
        StringBuilder text = new();
        Append(text, node, 0);
        return text.Append('\n').ToString();
    }

    /// <summary>Text on one line.</summary>
    public static string WriteCompact(JsonNode node)
    {
        StringBuilder text = new();
        Append(text, node, -1);
        return text.ToString();
    }

    /// <summary>A text as the list of its lines, each with its line end.</summary>
    public static JsonArray Lines(string text)
    {
        JsonArray lines = [];
        for (int begin = 0; begin < text.Length;)
        {
            int end = text.AsSpan(begin).IndexOfAny(LineEnds);
            int next = end < 0 ? text.Length : begin + end + 1;
            if (end >= 0 && text[next - 1] == '\r' && next < text.Length && text[next] == '\n') next++;
            lines.Add(text[begin..next]);
            begin = next;
        }
        return lines;
    }

    // An indentation below 0 is none: everything on one line.
    private static void Append(StringBuilder text, JsonNode? node, int indentation)
    {
        switch (node)
        {
            case null: text.Append("null"); break;
            case JsonObject members:
                Block(text, '{', '}', [.. members.OrderBy(m => m.Key, StringComparer.Ordinal)], indentation, (m, inner) =>
                {
                    AppendText(text, m.Key);
                    text.Append(indentation < 0 ? ":" : ": ");
                    Append(text, m.Value, inner);
                });
                break;
            case JsonArray items: Block(text, '[', ']', [.. items], indentation, (item, inner) => Append(text, item, inner)); break;
            case var value when value.GetValueKind() == JsonValueKind.String: AppendText(text, value.GetValue<string>()); break;
            default: text.Append(node.ToJsonString()); break;
        }
    }

    private static void Block<T>(StringBuilder text, char open, char close, T[] items, int indentation, Action<T, int> append)
    {
        text.Append(open);
        int inner = indentation < 0 ? -1 : indentation + 1;
        for (int i = 0; i < items.Length; i++)
        {
            if (i > 0) text.Append(',');
            if (inner >= 0) text.Append('\n').Append(' ', inner);
            append(items[i], inner);
        }
        if (items.Length > 0 && indentation >= 0) text.Append('\n').Append(' ', indentation);
        text.Append(close);
    }

    private static void AppendText(StringBuilder text, string value)
    {
        text.Append('"');
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            bool isPair = char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]);
            if (isPair) text.Append(c).Append(value[++i]);
            else
            {
                _ = c switch
                {
                    '"' => text.Append("\\\""),
                    '\\' => text.Append("\\\\"),
                    '\n' => text.Append("\\n"),
                    '\r' => text.Append("\\r"),
                    '\t' => text.Append("\\t"),
                    '\b' => text.Append("\\b"),
                    '\f' => text.Append("\\f"),
                    < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                    _ when char.IsSurrogate(c) => text.Append('\uFFFD'),
                    _ => text.Append(c),
                };
            }
        }
        text.Append('"');
    }

    // Texts are decoded when they are first looked at, which would be too late for a message with the file's name.
    private static void CheckTexts(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach ((_, JsonNode? value) in members) CheckTexts(value);
        }
        else if (node is JsonArray items)
        {
            foreach (JsonNode? item in items) CheckTexts(item);
        }
        else if (node?.GetValueKind() == JsonValueKind.String) node.GetValue<string>();
    }
}
