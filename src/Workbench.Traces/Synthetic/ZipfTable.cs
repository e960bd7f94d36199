namespace Workbench.Traces.Synthetic;

/// <summary>
/// Draws ranks of a Zipf distribution with exponent 0.99 by Walker's alias method (Vose, IEEE Trans. Softw. Eng. 17(9), 1991): one table look-up, no logarithm per draw.
/// </summary>
/// <remarks>
/// The weights use only IEEE additions, multiplications and divisions, which round the same everywhere, and the table is built in integers:
/// Math.Pow may differ between platforms in the last bit, and then so would the trace.
/// </remarks>
internal sealed class ZipfTable
{
    // The threshold in the high, the alias in the low 32 bits.
    private readonly ulong[] entries;
    private readonly int shift;

    /// <summary>A table of 2^<paramref name="ranksLog2"/> ranks, 1 to 20.</summary>
    public ZipfTable(int ranksLog2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ranksLog2, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ranksLog2, 20);
        shift = 64 - ranksLog2;
        entries = Build(1 << ranksLog2);
    }

    /// <summary>The rank, from 0, that 64 random bits choose. Bits 32 to 43 are not used and free for other choices.</summary>
    public uint Rank(ulong random)
    {
        ulong index = random >> shift;
        ulong entry = entries[index];
        return unchecked((uint)((uint)random < (uint)(entry >> 32) ? index : entry));
    }

    /// <summary>k^-0.99 for k of 1 to 2^20, to about 15 digits and with the same bits on every platform.</summary>
    internal static double Weight(int k)
    {
        // k^-0.99 = k^0.01 / k, and k^0.01 = exp(0.01 ln k) with an argument of at most 0.14.
        int octave = 31 - System.Numerics.BitOperations.LeadingZeroCount((uint)k);
        double mantissa = (double)k / (1 << octave);
        double z = (mantissa - 1) / (mantissa + 1), square = z * z, sum = 0;
        // ln m = 2 artanh((m - 1) / (m + 1)); z is at most 1/3, so 17 terms reach 1e-17.
        for (int term = 33; term >= 1; term -= 2) sum = (sum * square) + (1.0 / term);
        double exponent = 0.01 * ((2 * z * sum) + (octave * 0.6931471805599453));
        double power = 1;
        for (int term = 12; term >= 1; term--) power = 1 + (power * exponent / term);
        return power / k;
    }

    private static ulong[] Build(int ranks)
    {
        // 2^40 keeps the sum (about 15) times 2^20 ranks below 2^64.
        ulong[] mass = new ulong[ranks];
        ulong total = 0;
        for (int i = 0; i < ranks; i++)
        {
            mass[i] = (ulong)(Weight(i + 1) * (1UL << 40));
            total += mass[i];
        }
        int[] small = new int[ranks], large = new int[ranks];
        int smalls = 0, larges = 0;
        for (int i = 0; i < ranks; i++)
        {
            // In units in which every column of the table holds exactly the total.
            mass[i] *= (uint)ranks;
            if (mass[i] < total) small[smalls++] = i;
            else large[larges++] = i;
        }
        ulong[] entries = new ulong[ranks];
        while (smalls > 0 && larges > 0)
        {
            int lower = small[--smalls], upper = large[larges - 1];
            entries[lower] = ((ulong)(((UInt128)mass[lower] << 32) / total) << 32) | (uint)upper;
            mass[upper] -= total - mass[lower];
            if (mass[upper] >= total) continue;
            larges--;
            small[smalls++] = upper;
        }
        // What is left is full to the brim: its alias is itself.
        while (larges > 0) SetFull(large[--larges]);
        while (smalls > 0) SetFull(small[--smalls]);
        return entries;

        void SetFull(int i) => entries[i] = (ulong)uint.MaxValue << 32 | (uint)i;
    }
}
