using System.Diagnostics.CodeAnalysis;

namespace Workbench.Iommu.Memory;

/// <summary>Structures of several words in simulated memory, as software and IOMMU read and write them.</summary>
public static class MemoryWords
{
    extension(PhysicalMemory memory)
    {
        /// <summary>Reads words from an address on; false, with nothing promised of the words, if any lies where there is no memory.</summary>
        public bool TryRead(Spa address, Span<ulong> words)
        {
            for (int i = 0; i < words.Length; i++)
            {
                Spa at = new(unchecked(address.Value + (8UL * (uint)i)));
                if (!memory.Contains(at)) return false;
                words[i] = memory.Word(at);
            }
            return true;
        }

        /// <summary>Writes words, the first one last: it carries the bit that makes a structure valid.</summary>
        public void Write(Spa address, ReadOnlySpan<ulong> words)
        {
            for (int i = words.Length - 1; i >= 0; i--) memory.Word(new(address.Value + (8UL * (uint)i))) = words[i];
        }

        /// <summary>Writes 32 bits at a 4-byte aligned address; nothing where there is no memory.</summary>
        public void Write32(Spa address, uint data)
        {
            Spa word = new(address.Value & ~7UL);
            if (!memory.Contains(word)) return;
            ref ulong slot = ref memory.Word(word);
            slot = (address.Value & 4) == 0 ? (slot & 0xFFFF_FFFF_0000_0000) | data : (slot & 0xFFFF_FFFF) | ((ulong)data << 32);
        }
    }

    /// <summary>Refuses a span that is too short for a structure; the name is for the message.</summary>
    internal static void Require(int length, int needed, string structure)
    {
        if (length < needed) ThrowShort(length, needed, structure);
    }

    [DoesNotReturn]
    private static void ThrowShort(int length, int needed, string structure) => throw new ArgumentException($"{length} words given; a {structure} has {needed} words of 64 bits.");
}
