using Workbench.Iommu.Ats;

namespace Workbench.Iommu.Smmu;

/// <content>The page request queue (PRI). IHI 0070 chapter 8, §4.5.2.</content>
public sealed partial class SmmuUnit
{
    private readonly SmmuQueue pages;
    private readonly Dictionary<(RequesterId Device, int Group), PageResponse> answers = [];
    private bool pagesOverflowed;
    private bool pageOverflowAcknowledged;

    /// <summary>PRIQ_PROD, with OVFLG in bit 31.</summary>
    public uint PageProducer => pages.Producer | (pagesOverflowed ? 1u << 31 : 0);
    /// <summary>PRIQ_CONS, with OVACKFLG in bit 31.</summary>
    public uint PageConsumer => pages.Consumer | (pageOverflowAcknowledged ? 1u << 31 : 0);
    /// <summary>What software does when the queue's interrupt comes: takes the request, and answers it by CMD_PRI_RESP before it returns.</summary>
    public Action? PageInterrupt { get; set; }

    /// <summary>PRIQ_BASE, with both indexes 0; to be set while PRIQEN is 0.</summary>
    public void SetPageQueue(Spa address, int log2Size)
    {
        Require(log2Size, Features.PageRequestQueueLog2, nameof(log2Size));
        pages.Set(address, log2Size);
        (pagesOverflowed, pageOverflowAcknowledged) = (false, false);
    }

    /// <summary>Takes a device's page request, a group of its own, to software and brings the answer back; for <see cref="DeviceTlbs"/>.</summary>
    public PageResponse RequestPage(PageRequest request)
    {
        if (!Features.SupportsPageRequests || (Control & (EnableBit | PageQueueBit)) != (EnableBit | PageQueueBit)) return PageResponse.Failure;
        if (pagesOverflowed != pageOverflowAcknowledged || pages.IsFull)
        {
            // Discarded, and answered at once so that the device asks again: with success while the overflow lasts.
            if (pagesOverflowed == pageOverflowAcknowledged) pagesOverflowed = !pagesOverflowed;
            return PageResponse.Success;
        }
        Span<ulong> words = stackalloc ulong[SmmuPageRequest.WordCount];
        new SmmuPageRequest
        {
            StreamId = request.Device.Value,
            HasSubstream = request.Pasid is not null,
            Substream = request.Pasid ?? default,
            WantsRead = true,
            WantsWrite = request.ToWrite,
            IsLast = true,
            Group = request.Group,
            Page = request.Page,
        }.Write(words);
        pages.Append(words);
        PageInterrupt?.Invoke();
        return answers.Remove((request.Device, request.Group), out PageResponse answer) ? answer : PageResponse.Failure;
    }

    /// <summary>What software does in the interrupt: reads the oldest request and frees its entry, acknowledging an overflow.</summary>
    public bool TryTakePageRequest(out SmmuPageRequest request)
    {
        request = default;
        if (pages.IsEmpty) return false;
        Span<ulong> words = stackalloc ulong[SmmuPageRequest.WordCount];
        if (!pages.TryRead(words)) words.Clear();
        request = SmmuPageRequest.Read(words);
        pages.Consume();
        pageOverflowAcknowledged = pagesOverflowed;
        return true;
    }

    private void AnswerPages(in SmmuCommand command)
    {
        if (command.StreamId > ushort.MaxValue) return;
        answers[(new((ushort)command.StreamId), command.PageRequestGroup)] = command.PageResponse switch
        {
            SmmuPageResponse.Success => PageResponse.Success,
            SmmuPageResponse.Invalid => PageResponse.InvalidRequest,
            _ => PageResponse.Failure,
        };
    }
}
