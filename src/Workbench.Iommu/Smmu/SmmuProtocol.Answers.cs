using System.Diagnostics;
using Workbench.Iommu.Ats;
using Workbench.Iommu.Faults;

namespace Workbench.Iommu.Smmu;

/// <content>Answers to stalled transactions and page requests: event queue and CMD_RESUME, PRI queue and CMD_PRI_RESP. IHI 0070 §3.12.2, §4.5.2, §4.7.1, chapter 8.</content>
public sealed partial class SmmuProtocol
{
    /// <summary>Reads events until one is of a stalled transaction; the others are not for software to answer.</summary>
    public bool TryTakeStall(out StalledAccess stalled)
    {
        stalled = default;
        if (!settings.StallsFaults) return false;
        while (unit.TryTakeEvent(out SmmuEvent record))
        {
            if (!record.IsTranslationFault || !record.IsStalled) continue;
            stalled = new(new((ushort)record.StreamId), record.HasSubstream ? record.Substream : null, new(record.InputAddress), IsWrite: !record.IsRead, record.StallTag);
            return true;
        }
        return false;
    }

    /// <summary>CMD_RESUME with retry or abort, and CMD_SYNC.</summary>
    public Translation AnswerStall(in StalledAccess stalled, bool retry)
    {
        Submit(SmmuCommand.Resume(stalled.Device.Value, stalled.Tag, retry ? SmmuResumeAction.Retry : SmmuResumeAction.Abort));
        if (unit.TryTakeResumption(out SmmuResumption resumption)) return resumption.Translation;
        // The retry faulted and stalls again, under another tag.
        if (retry) return new() { Fault = FaultKind.NoWritePermission, Source = TranslationSource.Walk };
        throw new UnreachableException($"the abort of stalled transaction {stalled.Tag} had no outcome");
    }

    /// <summary>Each request is a group of its own, and its response goes out before the device goes on.</summary>
    private void ServePageRequests()
    {
        while (unit.TryTakePageRequest(out SmmuPageRequest request))
        {
            Pasid? pasid = request.HasSubstream ? request.Substream : null;
            PageResponse answer = settings.OnPageRequest?.Invoke(new(new((ushort)request.StreamId), pasid, request.Page, request.WantsWrite, request.Group)) ?? PageResponse.Failure;
            Submit(SmmuCommand.RespondToPages(request.StreamId, request.Group, ResponseOf(answer), pasid));
        }
    }

    private static SmmuPageResponse ResponseOf(PageResponse answer) => answer switch
    {
        PageResponse.Success => SmmuPageResponse.Success,
        PageResponse.InvalidRequest => SmmuPageResponse.Invalid,
        _ => SmmuPageResponse.Failure,
    };
}
