using System.Numerics;

namespace Workbench.Races.Model;

/// <summary>
/// One state of the whole machine in seven words: what memory holds, what is cached, what became of the pages, what each agent is at. Entries are named by
/// their number in the model's <see cref="WordPool"/>.
/// </summary>
internal struct RaceState : IEquatable<RaceState>
{
    /// <summary>Most pages a scene can have.</summary>
    public const int MostPages = 4;
    /// <summary>Most accesses under way at once.</summary>
    public const int MostAccesses = 3;
    /// <summary>Most programs that run side by side.</summary>
    public const int MostAgents = 2;

    /// <summary>Entries in memory: a byte each, by slot (<see cref="Slots"/>).</summary>
    public ulong Entries;
    /// <summary>IOTLB, walk cache, context cache, device TLB.</summary>
    public CachedTranslations Caches;
    /// <summary>What is true of pages, and of the machine as a whole.</summary>
    public PageMarks Pages;
    /// <summary>Accesses under way.</summary>
    public Access Access0, Access1, Access2;
    /// <summary>Programs.</summary>
    public AgentState Agent0, Agent1;

    /// <summary>Number of the word in a slot.</summary>
    public readonly int Entry(int slot) => Entries.Get(slot * 8, 8);

    /// <summary>Writes a slot.</summary>
    public void SetEntry(int slot, int word) => Entries = Entries.With(slot * 8, 8, word);

    public readonly Access this[int access] => access switch { 0 => Access0, 1 => Access1, _ => Access2 };

    public void Set(int access, Access value)
    {
        if (access == 0) Access0 = value;
        else if (access == 1) Access1 = value;
        else Access2 = value;
    }

    public readonly AgentState Agent(int agent) => agent == 0 ? Agent0 : Agent1;

    public void SetAgent(int agent, AgentState value)
    {
        if (agent == 0) Agent0 = value;
        else Agent1 = value;
    }

    /// <summary>Accesses are alike: states that differ only in which of them is at what are one state.</summary>
    public void SortAccesses()
    {
        if (Access0.Bits < Access1.Bits) (Access0, Access1) = (Access1, Access0);
        if (Access1.Bits < Access2.Bits) (Access1, Access2) = (Access2, Access1);
        if (Access0.Bits < Access1.Bits) (Access0, Access1) = (Access1, Access0);
    }

    public readonly bool Equals(RaceState other) =>
        Entries == other.Entries && Caches.Bits == other.Caches.Bits && Pages.Bits == other.Pages.Bits && Access0.Bits == other.Access0.Bits && Access1.Bits == other.Access1.Bits
        && Access2.Bits == other.Access2.Bits && Agent0.Bits == other.Agent0.Bits && Agent1.Bits == other.Agent1.Bits;

    public override readonly bool Equals(object? obj) => obj is RaceState other && Equals(other);

    /// <summary>All bits of the state stirred into one word; of no use across versions.</summary>
    public readonly ulong Stir()
    {
        unchecked
        {
            ulong h = (Entries ^ 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
            h = (BitOperations.RotateLeft(h, 29) ^ Caches.Bits ^ ((ulong)Access2.Bits << 32)) * 0x94D049BB133111EB;
            h = (BitOperations.RotateLeft(h, 31) ^ Pages.Bits) * 0xBF58476D1CE4E5B9;
            h = (BitOperations.RotateLeft(h, 27) ^ ((ulong)Access0.Bits << 32 | Access1.Bits)) * 0x94D049BB133111EB;
            h = (BitOperations.RotateLeft(h, 33) ^ Agent0.Bits) * 0x9E3779B97F4A7C15;
            h = (BitOperations.RotateLeft(h, 30) ^ Agent1.Bits) * 0xBF58476D1CE4E5B9;
            return h ^ (h >> 32);
        }
    }

    public override readonly int GetHashCode() => unchecked((int)Stir());
}
