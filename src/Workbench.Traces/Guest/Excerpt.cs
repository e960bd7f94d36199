namespace Workbench.Traces.Guest;

/// <summary>Quotes input in messages.</summary>
internal static class Excerpt
{
    private const int MostChars = 80;

    /// <summary>The text in quotes, at most 80 characters of it, without anything a terminal might act on.</summary>
    public static string Of(ReadOnlySpan<byte> found)
    {
        ReadOnlySpan<byte> text = found.Trim((byte)' ');
        bool isCut = text.Length > MostChars;
        Span<char> shown = stackalloc char[MostChars];
        int length = isCut ? MostChars : text.Length;
        for (int i = 0; i < length; i++) shown[i] = text[i] is >= 0x20 and < 0x7f ? (char)text[i] : '?';
        return $"\"{shown[..length]}{(isCut ? "..." : "")}\"";
    }
}
