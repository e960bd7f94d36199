namespace Workbench.Traces.Guest;

/// <summary>Counts the memory that all page sources of a file hold together, so that a small damaged file cannot ask for much.</summary>
internal sealed class HeldBytes(TraceCmdBytes file)
{
    private long held;

    /// <summary>A buffer of at least that size, the old one if it will do.</summary>
    public byte[] Grow(byte[] buffer, int size)
    {
        if (buffer.Length >= size) return buffer;
        held += size - buffer.Length;
        if (held > TraceCmdLimits.MostHeldBytes) throw file.Refusal($"the CPUs' pages need more than {TraceCmdLimits.MostHeldBytes} bytes at once. The file is damaged; copy it again");
        return new byte[size];
    }
}
