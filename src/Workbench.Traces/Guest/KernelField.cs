using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>How a field's bytes are reached.</summary>
internal enum KernelFieldPlace
{
    /// <summary>They stand at the offset.</summary>
    Inline,
    /// <summary>At the offset stands where they are in the record: length in the upper 16 bits, offset in the lower.</summary>
    DataLocation,
    /// <summary>The same, counted from the end of the field.</summary>
    RelativeLocation,
}

/// <summary>One field of a record, as a line of the kernel's format files describes it.</summary>
internal sealed record KernelField(byte[] Name, KernelFieldPlace Place, int Offset, int Size, bool IsSigned)
{
    // No record outgrows its ring-buffer page, so no field lies further in.
    private const int MostOffset = TraceCmdLimits.MostPageBytes;

    /// <summary>Reads "field:u64 iova; offset:8; size:8; signed:0;".</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out KernelField? field)
    {
        field = null;
        ByteParser parser = new(line.Trim(" \t"u8));
        if (!parser.TryLiteral("field:"u8)) return false;
        int end = parser.Rest.IndexOf((byte)';');
        if (end < 0) return false;
        ReadOnlySpan<byte> declaration = parser.Rest[..end].Trim((byte)' ');
        parser = new(parser.Rest[(end + 1)..]);
        if (!TryNumber(ref parser, "offset:"u8, out int offset) || !TryNumber(ref parser, "size:"u8, out int size)) return false;
        // Kernels before 2.6.38 do not say whether a field is signed.
        bool isSigned = TryNumber(ref parser, "signed:"u8, out int signed) && signed != 0;
        field = new(NameIn(declaration).ToArray(), PlaceOf(declaration), offset, size, isSigned);
        return field.Name.Length > 0;
    }

    private static KernelFieldPlace PlaceOf(ReadOnlySpan<byte> declaration) =>
        declaration.StartsWith("__data_loc "u8) ? KernelFieldPlace.DataLocation
        : declaration.StartsWith("__rel_loc "u8) ? KernelFieldPlace.RelativeLocation
        : KernelFieldPlace.Inline;

    private static ReadOnlySpan<byte> NameIn(ReadOnlySpan<byte> declaration)
    {
        ReadOnlySpan<byte> name = declaration[(declaration.LastIndexOf((byte)' ') + 1)..];
        int bracket = name.IndexOf((byte)'[');
        return bracket < 0 ? name : name[..bracket];
    }

    private static bool TryNumber(ref ByteParser parser, ReadOnlySpan<byte> label, out int number)
    {
        number = 0;
        parser.SkipBlanks();
        if (!parser.TryLiteral(label) || !parser.TryDecimal(out ulong value) || value > MostOffset || !parser.TryLiteral(";"u8)) return false;
        number = (int)value;
        return true;
    }
}
