using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>A list as the kernel prints arrays: {0x1000,0x2000}.</summary>
internal ref struct HexList
{
    private ByteParser parser;
    private bool atFirst;

    private HexList(ReadOnlySpan<byte> inside)
    {
        parser = new(inside);
        Count = inside.IsEmpty ? 0 : inside.Count((byte)',') + 1;
        atFirst = true;
    }

    /// <summary>How many entries it claims to have.</summary>
    public int Count { get; }

    /// <summary>Takes a list off the text, label and braces with it.</summary>
    public static bool TryCut(ref ByteParser text, ReadOnlySpan<byte> label, out HexList list)
    {
        list = default;
        ByteParser after = text;
        if (!after.TryLiteral(label) || !after.TryLiteral("{"u8)) return false;
        int close = after.Rest.IndexOf((byte)'}');
        if (close < 0) return false;
        list = new(after.Rest[..close]);
        text = new(after.Rest[(close + 1)..]);
        return true;
    }

    /// <summary>The next entry; false at the end or where no number stands.</summary>
    public bool TryNext(out ulong value)
    {
        value = 0;
        if (!atFirst && !parser.TryLiteral(","u8)) return false;
        atFirst = false;
        return parser.TryHex(out value);
    }

    /// <summary>Was every byte of it a number or a comma between two?</summary>
    public readonly bool IsSpent => parser.Rest.IsEmpty;
}
