namespace Workbench.Traces.Native;

/// <summary>The texts of the marks read lately. Two generations, so that a file full of texts cannot fill the memory.</summary>
public sealed class TextCache
{
    private const long GenerationChars = 16 << 20;

    private Dictionary<ulong, string> current = [];
    private Dictionary<ulong, string> older = [];
    private long chars;

    /// <summary>Remembers texts by number.</summary>
    public void Add(IReadOnlyDictionary<ulong, string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Count == 0) return;
        if (chars > GenerationChars)
        {
            (older, current) = (current, older);
            current.Clear();
            chars = 0;
        }
        foreach ((ulong number, string text) in texts)
        {
            if (!current.TryGetValue(number, out string? known) || known != text) chars += text.Length + 16;
            current[number] = text;
        }
    }

    /// <summary>Finds a text that was added lately.</summary>
    public bool TryFind(ulong number, out string? text) => current.TryGetValue(number, out text) || older.TryGetValue(number, out text);
}
