namespace Workbench.Traces.Importers.Qemu;

/// <summary>What a translation without a length and direction of its own was taken for.</summary>
internal readonly record struct BareAccess(bool IsWrite, ulong Length, EventFlags Flags)
{
    private const EventFlags RingFlags = EventFlags.Ring | EventFlags.DirectionInferred | EventFlags.LengthInferred;

    public static BareAccess RingRead(ulong length) => new(false, length, RingFlags);
    public static BareAccess RingWrite(ulong length) => new(true, length, RingFlags);
}
