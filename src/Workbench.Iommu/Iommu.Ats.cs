using System.Runtime.CompilerServices;
using Workbench.Iommu.Caches;
using Workbench.Iommu.Contexts;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;

namespace Workbench.Iommu;

/// <summary>Translation requests (PCIe ATS): answers that a device keeps.</summary>
public sealed partial class Iommu<TIotlb>
{
    /// <inheritdoc/>
    public void RequestTranslation(in DmaRequest request, out Translation translation)
    {
        if ((current is null || request.Device != currentDevice || request.PasidOrNone != currentPasid) && !SwitchTo(request, out translation)) return;
        TranslationContext context = current;
        counters.TranslationRequests++;
        if (!context.AllowsAts)
        {
            Record(context, request, FaultKind.TranslationRequestBlocked, TranslationSource.Walk, out translation);
            return;
        }
        ref IotlbEntry entry = ref iotlb.Find(context.Tag.Value, request.Iova);
        TranslationSource source = Unsafe.IsNullRef(ref entry) ? TranslationSource.Walk : TranslationSource.Rewalk;
        bool isWrite = request.IsWrite || context.IgnoresNoWrite;
        WalkResult page;
        // To a writer an entry is enough if it is dirty already, or can never be written; to a reader any entry is.
        if (source == TranslationSource.Rewalk && (!isWrite || (entry.Leaf & IotlbEntry.DirtyKnown) != 0 || (entry.Leaf & IotlbEntry.MayWrite) == 0))
        {
            counters.IotlbHits++;
            source = TranslationSource.Iotlb;
            page = new(entry.Leaf, entry.PageLog2);
        }
        else
        {
            if (source == TranslationSource.Walk) counters.IotlbMisses++;
            else counters.DirtyRewalks++;
            FaultKind fault = Walk(context, request.Iova, isWrite ? AccessKind.TranslateToWrite : AccessKind.TranslateToRead, source, out page);
            if (IsRefusal(fault) || (context.PageFaultsAreRefusals && fault is FaultKind.ReservedBits or FaultKind.NotCanonical or FaultKind.BeyondAddressWidth))
            {
                // Answered with R = W = 0: the device hears it, no fault is recorded.
                translation = default;
                translation.Source = source;
                return;
            }
            if (fault != FaultKind.None)
            {
                Record(context, request, fault, source, out translation);
                return;
            }
        }
        translation = default;
        translation.Physical = page.PhysicalOf(request.Iova);
        translation.PageLog2 = (byte)page.PageLog2;
        translation.Source = source;
        translation.Granted = page.DirtyIsKnown ? page.Permission : page.Permission & Permission.Read;
    }

    /// <summary>Faults that a translation request hears as "no permission" (PCIe ATS: R = W = 0), so that the device may ask for the page.</summary>
    private static bool IsRefusal(FaultKind fault) => fault is FaultKind.NotPresent or FaultKind.NoReadPermission or FaultKind.NoWritePermission
        or FaultKind.AccessedIsClear or FaultKind.DirtyIsClear or FaultKind.SupervisorOnly;
}
