using Workbench.Iommu;
using Workbench.Testing;
using Workbench.Traces;

namespace Workbench.Replay.Tests.Models;

/// <summary>
/// Long random traces in phases, for what a replay does differently when it has seen enough: uniform misses over more tables than a cache holds, rings that
/// hit, devices and address spaces that change with every access, accesses over many leaves of mixed sizes, faults, unmaps and invalidations in between.
/// </summary>
internal static class LongTraces
{
    private const ulong Page = 4096, Large = 1UL << 21, Big = 1UL << 30;
    /// <summary>Its 4 KiB leaves take 1.1 MiB of tables.</summary>
    private const ulong BigBytes = 576UL << 20;
    private const ulong Mixed = 3UL << 30, MixedBytes = 8 * Large, ReadOnly = 7UL << 29;

    private static readonly (RequesterId Device, uint Pasid)[] Users =
    [
        (RequesterId.Of(0, 1, 0), TraceEvent.NoPasid), (RequesterId.Of(0, 2, 0), TraceEvent.NoPasid), (RequesterId.Of(3, 0, 1), TraceEvent.NoPasid), (RequesterId.Of(4, 0, 0), TraceEvent.NoPasid),
        (RequesterId.Of(0, 1, 0), 5), (RequesterId.Of(3, 0, 1), 1 << 15),
    ];

    /// <summary>A trace of some thousand events; without PASIDs unless the model's domains may belong to one.</summary>
    public static ListTrace Make(int seed, bool hasPasids, int mostAtOnce = int.MaxValue)
    {
        Random random = new(seed);
        TraceBuilder trace = new();
        int users = hasPasids ? Users.Length : 4;
        foreach ((int user, ushort domain) in new[] { (0, (ushort)1), (1, (ushort)1), (2, (ushort)2) }) trace.By(Users[user].Device).Attach(domain);
        trace.By(Users[0].Device).Map(Big, BigBytes).Map(ReadOnly, Large, permission: Permission.Read);
        // Neither of the borders is the other's: small leaves, a large one where both fit, and a hole.
        trace.Map(Mixed, Large + (3 * Page)).Map(Mixed + Large + (5 * Page), MixedBytes - Large - (5 * Page), Mixed + (1UL << 32) + (7 * Page)).Map(Mixed + MixedBytes, 2 * Large);
        for (int user = 2; user < users; user++) trace.By(Users[user].Device, Users[user].Pasid).Map(Big, 16 * Large, Big + ((ulong)user << 33));
        for (int phases = random.Next(6, 14); phases > 0; phases--)
        {
            Access(trace, random, users);
            Change(trace, random, users);
        }
        return trace.Build(mostAtOnce);
    }

    private static void Access(TraceBuilder trace, Random random, int users)
    {
        int phase = random.Next(7), user = random.Next(users), ring = random.Next(1, 80);
        ulong at = Big + ((ulong)random.Next(2000) * Page), span = user < 2 ? BigBytes : 16 * Large;
        for (int left = random.Next(20, 900); left > 0; left--)
        {
            trace.After(random.Next(40));
            if (phase == 3) user = random.Next(users);
            trace.By(Users[user].Device, Users[user].Pasid);
            (ulong iova, ulong length) = phase switch
            {
                0 or 1 => (Big + ((ulong)random.NextInt64((long)span) & ~7UL), 512UL),
                2 => (at + ((ulong)(left % ring) * Page) + 64, 1500UL),
                3 => (Big + ((ulong)random.Next(400) * Page) + 4000, (ulong)random.Next(1, 300)),
                4 => (at += (ulong)random.Next(2, 6000), (ulong)random.Next(1, 9000)),
                5 => (Mixed + ((ulong)random.NextInt64((long)MixedBytes) & ~3UL), (ulong)random.Next(1, random.Next(1, 1 << 22))),
                _ => (random.Next(5) switch { 0 => ReadOnly + 8, 1 => 1UL << random.Next(40, 63), 2 => 0xFFFF_8000_0000_0000, 3 => Mixed + Large + (4 * Page), _ => Big + (ulong)random.Next(1 << 16) }, 64UL),
            };
            if (random.Next(3) != 0) trace.Write(iova, length);
            else trace.Read(iova, length);
        }
    }

    private static void Change(TraceBuilder trace, Random random, int users)
    {
        int user = random.Next(users);
        trace.By(Users[user].Device, Users[user].Pasid).After(random.Next(2000));
        ulong iova = Big + ((ulong)random.Next(16) * Large) + (random.Next(2) == 0 ? 0 : (ulong)random.Next(512) * Page), length = random.Next(3) switch { 0 => Page, 1 => Large, _ => (ulong)random.Next(1, 700) * Page };
        switch (random.Next(8))
        {
            case <= 2: trace.Unmap(iova, length); break;
            case 3: trace.Unmap(iova, length).Invalidate((ushort)(user < 2 ? 1 : 2), iova, length); break;
            case 4: trace.Map(iova, length, iova + (1UL << 35)); break;
            case 5: trace.InvalidateDomain((ushort)random.Next(1, 3)); break;
            case 6: trace.InvalidateAll(); break;
            default: break;
        }
    }
}
