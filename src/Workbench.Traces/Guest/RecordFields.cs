using System.Buffers.Binary;

namespace Workbench.Traces.Guest;

/// <summary>The fields of one binary record.</summary>
internal readonly ref struct RecordFields(ReadOnlySpan<byte> record, KernelEventFormat format) : IEventFields
{
    private readonly ReadOnlySpan<byte> record = record;

    /// <inheritdoc/>
    public bool TryNumber(ReadOnlySpan<byte> name, out ulong value)
    {
        value = 0;
        if (format.Find(name) is not { Place: KernelFieldPlace.Inline } field || !TryInline(field, out ReadOnlySpan<byte> bytes)) return false;
        switch (bytes.Length)
        {
            case 1:
                value = field.IsSigned ? unchecked((ulong)(sbyte)bytes[0]) : bytes[0];
                return true;
            case 2:
                value = field.IsSigned ? unchecked((ulong)BinaryPrimitives.ReadInt16LittleEndian(bytes)) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
                return true;
            case 4:
                value = field.IsSigned ? unchecked((ulong)BinaryPrimitives.ReadInt32LittleEndian(bytes)) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
                return true;
            case 8:
                value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
                return true;
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public bool TryText(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> text)
    {
        if (!TryBytes(name, out text)) return false;
        int end = text.IndexOf((byte)0);
        if (end >= 0) text = text[..end];
        return true;
    }

    /// <inheritdoc/>
    public bool TryArray(ReadOnlySpan<byte> name, out FieldArray array)
    {
        bool fits = TryBytes(name, out ReadOnlySpan<byte> bytes);
        array = FieldArray.OfBytes(bytes);
        return fits;
    }

    private bool TryBytes(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (format.Find(name) is not { } field || !TryInline(field, out ReadOnlySpan<byte> inline)) return false;
        if (field.Place == KernelFieldPlace.Inline)
        {
            // "char buf[]" has size 0 and reaches to the record's end.
            bytes = field.Size == 0 ? record[field.Offset..] : inline;
            return true;
        }
        if (inline.Length != sizeof(uint)) return false;
        uint location = BinaryPrimitives.ReadUInt32LittleEndian(inline);
        int start = (int)(location & 0xffff) + (field.Place == KernelFieldPlace.RelativeLocation ? field.Offset + field.Size : 0);
        int length = (int)(location >> 16);
        if (start > record.Length || length > record.Length - start) return false;
        bytes = record.Slice(start, length);
        return true;
    }

    private bool TryInline(KernelField field, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (field.Offset > record.Length || field.Size > record.Length - field.Offset) return false;
        bytes = record.Slice(field.Offset, field.Size);
        return true;
    }
}
