using System.Runtime.CompilerServices;

namespace Workbench.Iommu.Caches;

/// <summary>Which way of a set was used longest ago. Without branches: which one it is, is what no branch predictor can know.</summary>
internal static class Oldest
{
    /// <summary>Of four ways, the first of those with the lowest stamp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // Workloads benchmark, uni1g: one or two for each miss
    public static int OfFour(ref IotlbEntry first)
    {
        unchecked
        {
            // Stamps count events, so they are far below 2^63 and a difference's sign says which is less: all ones if the second is.
            ulong stamp0 = first.Stamp, stamp1 = Unsafe.Add(ref first, 1).Stamp, stamp2 = Unsafe.Add(ref first, 2).Stamp, stamp3 = Unsafe.Add(ref first, 3).Stamp;
            long second = (long)(stamp1 - stamp0) >> 63, fourth = (long)(stamp3 - stamp2) >> 63;
            ulong lower = stamp0 ^ ((stamp0 ^ stamp1) & (ulong)second), upper = stamp2 ^ ((stamp2 ^ stamp3) & (ulong)fourth);
            long isUpper = (long)(upper - lower) >> 63;
            return (int)((second & 1 & ~isUpper) | ((2 | (fourth & 1)) & isUpper));
        }
    }

    /// <summary>Of several ways, the first of those with the lowest stamp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)] // as OfFour
    public static int Of(ref IotlbEntry first, int ways)
    {
        if (ways == 4) return OfFour(ref first);
        unchecked
        {
            int oldest = 0;
            ulong least = first.Stamp;
            for (int way = 1; way < ways; way++)
            {
                ulong stamp = Unsafe.Add(ref first, way).Stamp;
                long isOlder = (long)(stamp - least) >> 63;
                least ^= (least ^ stamp) & (ulong)isOlder;
                oldest ^= (oldest ^ way) & (int)isOlder;
            }
            return oldest;
        }
    }
}
