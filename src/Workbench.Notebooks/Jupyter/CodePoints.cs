using System.Text;

namespace Workbench.Notebooks.Jupyter;

/// <summary>Positions in code: the protocol counts code points (since 5.2), .NET counts UTF-16 units.</summary>
internal static class CodePoints
{
    /// <summary>The UTF-16 position of a code point position; positions outside the text are brought to its ends.</summary>
    public static int ToUtf16(string text, int codePoints)
    {
        int at = 0;
        for (int i = 0; i < codePoints && at < text.Length; i++) at += char.IsSurrogatePair(text, at) ? 2 : 1;
        return at;
    }

    /// <summary>The code point position of a UTF-16 position.</summary>
    public static int FromUtf16(string text, int position)
    {
        int count = 0;
        foreach (Rune _ in text.AsSpan(0, Math.Clamp(position, 0, text.Length)).EnumerateRunes()) count++;
        return count;
    }
}
