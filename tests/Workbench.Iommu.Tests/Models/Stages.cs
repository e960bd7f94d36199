using Workbench.Iommu.Contexts;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu.Tests.Models;

/// <summary>Contexts for walks without a device lookup.</summary>
internal static class Stages
{
    /// <summary>One stage with hardware A and D.</summary>
    public static TranslationContext Tracked(IPageWalker walker, IPageTable table, int largestLeafLog2 = 63, bool marksTables = true, bool isSigned = false) => new()
    {
        Tag = new(new DomainId(1)),
        Walker = walker,
        Table = new()
        {
            Root = table.Root.Value, RootLevel = table.RootLevel, LastInput = table.LastIova, IsSigned = isSigned, LargestLeafLog2 = largestLeafLog2,
            Accessed = BitKeeping.ByHardware, Dirty = BitKeeping.ByHardware, MarksTables = marksTables, LastOutput = ulong.MaxValue,
        },
    };
}
