using Workbench.Iommu;
using Workbench.Testing;

namespace Workbench.Replay.Tests.Models;

/// <summary>
/// Makes a random trace orderly: the device writes inside live mappings only, nothing is mapped twice, every unmap is followed by its
/// invalidation, at once or later, and no address is mapped again before that.
/// </summary>
internal static class OrderlyTraces
{
    private static readonly RequesterId[] Devices = [RequesterId.Of(0, 1, 0), RequesterId.Of(0, 2, 0), RequesterId.Of(3, 0, 1)];
    private static readonly ushort[] Domains = [1, 1, 2];
    private static readonly ulong[] Sizes = [4096, 4096, 8192, 12288, 1 << 21, (1 << 21) + 4096];

    private sealed record Mapping(ushort Domain, ulong Iova, ulong Length)
    {
        public bool Overlaps(ushort domain, ulong iova, ulong length) => domain == Domain && iova < Iova + Length && Iova < iova + length;
    }

    public static ListTrace Make(SmallTraces.Step[] steps)
    {
        TraceBuilder trace = new TraceBuilder().WithGuestMemory((0, 1 << 25));
        for (int i = 0; i < Devices.Length; i++) trace.By(Devices[i]).Attach(Domains[i]);
        // Recorded invalidations from here on: without this one the replay would add its own until the first.
        trace.InvalidateAll();
        List<Mapping> live = [], unmapped = [];
        foreach (SmallTraces.Step s in steps)
        {
            int who = s.Who % Devices.Length;
            trace.After(s.GapNs).By(Devices[who]);
            List<Mapping> own = live.FindAll(m => m.Domain == Domains[who]);
            ulong iova = (ulong)s.Where * (s.Detail % 2 == 0 ? 4096UL : 1 << 21), length = Sizes[s.Size % Sizes.Length];
            if (s.Verb <= 5 || own.Count == 0)
            {
                if (live.Exists(m => m.Overlaps(Domains[who], iova, length)) || unmapped.Exists(m => m.Overlaps(Domains[who], iova, length))) continue;
                live.Add(new(Domains[who], iova, length));
                trace.Map(iova, length, (ulong)(s.Detail % 4) * (1 << 21));
            }
            else if (s.Verb <= 8)
            {
                Mapping gone = own[s.Where % own.Count];
                live.Remove(gone);
                trace.Unmap(gone.Iova, gone.Length);
                if (s.Detail < 10) trace.After(s.Detail).Invalidate(gone.Domain, gone.Iova, gone.Length);
                else unmapped.Add(gone);
            }
            else if (s.Verb <= 10 && unmapped.Count > 0)
            {
                Mapping gone = unmapped[s.Where % unmapped.Count];
                if (s.Detail < 10) trace.Invalidate(gone.Domain, gone.Iova, gone.Length);
                else trace.InvalidateDomain(gone.Domain);
                unmapped.RemoveAll(m => m == gone || (s.Detail >= 10 && m.Domain == gone.Domain));
            }
            else
            {
                Mapping into = own[s.Where % own.Count];
                ulong offset = (ulong)s.Detail * 1021 % into.Length;
                ulong bytes = Math.Min(into.Length - offset, s.Size == 7 ? into.Length : 1UL << (s.Size * 2));
                if (s.Verb <= 12) trace.Read(into.Iova + offset, bytes);
                else trace.Write(into.Iova + offset, bytes);
            }
        }
        return trace.Build();
    }
}
