namespace Workbench.Traces.Guest;

/// <summary>The named fields of one recorded event, as the kernel's format file names them.</summary>
internal interface IEventFields
{
    /// <summary>A number; negative ones as two's complement.</summary>
    bool TryNumber(ReadOnlySpan<byte> name, out ulong value);

    /// <summary>A text, without its terminator.</summary>
    bool TryText(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> text);

    /// <summary>A dynamic array.</summary>
    bool TryArray(ReadOnlySpan<byte> name, out FieldArray array);
}
