namespace Workbench.Traces.Native;

/// <summary>The dictionary of a block being written: distinct (kind, flags, device, PASID, length) in order of first use.</summary>
internal sealed class ShapeTable
{
    private const int SlotBits = 17;

    // A slot holds the block's epoch in the high and the shape's number in the low 16 bits, so a new block need not clear the table.
    private readonly uint[] slots = new uint[1 << SlotBits];
    private readonly int[] deviceSlots = new int[65_536];
    private Shape[] shapes = new Shape[256];
    private ushort epoch = 1;

    public int Count { get; private set; }
    public int DeviceCount { get; private set; }

    /// <summary>One shape; the slots say where the previous IOVA and target of its events are kept, -1 when the kind has none.</summary>
    public struct Shape
    {
        public ulong Word;
        public ulong Length;
        public int IovaSlot;
        public int TargetSlot;

        public readonly EventKind Kind => unchecked((EventKind)(byte)Word);
        public readonly uint Pasid => unchecked((uint)(Word >> 32));
        public readonly ushort Device => unchecked((ushort)(Word >> 16));
    }

    public ref readonly Shape this[int number] => ref shapes[number];

    public static ulong WordOf(in TraceEvent e) =>
        (ulong)e.Kind | (ulong)e.Flags << 8 | (ulong)e.Device.Value << 16 | (ulong)e.PasidOrNone << 32;

    /// <summary>The number of a shape, or -1 when the block has not used it yet.</summary>
    public int Find(ulong word, ulong length)
    {
        uint slot = Hash(word, length);
        while (true)
        {
            uint entry = slots[slot];
            if (entry >> 16 != epoch) return -1;
            int number = (int)(entry & 0xffff);
            ref Shape shape = ref shapes[number];
            if (shape.Word == word && shape.Length == length) return number;
            slot = (slot + 1) & ((1u << SlotBits) - 1);
        }
    }

    /// <summary>Adds a shape that <see cref="Find"/> did not find; a block never has more shapes than events, so the table stays half empty.</summary>
    public int Add(ulong word, ulong length)
    {
        if (Count == shapes.Length) Array.Resize(ref shapes, shapes.Length * 2);
        Shape shape = new() { Word = word, Length = length };
        ref int device = ref deviceSlots[shape.Device];
        if (device == 0) device = ++DeviceCount;
        shape.IovaSlot = EventRules.HasIova(shape.Kind) ? device - 1 : -1;
        shape.TargetSlot = EventRules.HasTarget(shape.Kind) ? (device - 1 << 4) | (int)shape.Kind : -1;
        shapes[Count] = shape;
        uint slot = Hash(word, length);
        while (slots[slot] >> 16 == epoch) slot = (slot + 1) & ((1u << SlotBits) - 1);
        slots[slot] = (uint)epoch << 16 | (uint)Count;
        return Count++;
    }

    /// <summary>Forgets everything, for the next block.</summary>
    public void Clear()
    {
        for (int i = 0; i < Count; i++) deviceSlots[shapes[i].Device] = 0;
        Count = 0;
        DeviceCount = 0;
        if (epoch == ushort.MaxValue)
        {
            Array.Clear(slots);
            epoch = 0;
        }
        epoch++;
    }

    private static uint Hash(ulong word, ulong length) =>
        unchecked((uint)(((word ^ (length * 0x9E3779B97F4A7C15)) * 0xD6E8FEB86659FD93) >> (64 - SlotBits)));
}
