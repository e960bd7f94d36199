namespace Workbench.Replay.Trackers;

/// <summary>How a write that was refused can be answered so that the device goes on.</summary>
internal enum FaultAnswer : byte
{
    /// <summary>Not at all: the device hears of an abort, and cannot try again.</summary>
    None,
    /// <summary>The IOMMU holds the transaction until software lets it try again (SMMUv3 stall).</summary>
    Stall,
    /// <summary>The device asks for the page, and for its translation once more (ATS and PRI).</summary>
    PageRequest,
}

/// <summary>What a machine has of it.</summary>
internal static class FaultAnswers
{
    private static readonly string[] WithStalls = ["smmu", "smmu-s2"];
    private static readonly string[] WithPageRequests = ["vtd", "vtd-fs", "amd-v2", "smmu", "smmu-s2"];

    /// <summary>How the machine of an experiment answers; None with the reason why it cannot.</summary>
    public static FaultAnswer Of(Experiment experiment, out string reason)
    {
        bool hasDeviceTlb = experiment.DeviceTlb > 0;
        reason = "";
        if (hasDeviceTlb && WithPageRequests.Contains(experiment.Iommu)) return FaultAnswer.PageRequest;
        if (!hasDeviceTlb && WithStalls.Contains(experiment.Iommu)) return FaultAnswer.Stall;
        string why = experiment.Iommu switch
        {
            "amd" => "host tables have no page requests (EFR.PPRSup = 0), and a refused write is a target abort. Use amd-v2 with devices that have ATS and PRI (--device-tlb 64), or smmu",
            "riscv" or "riscv-g" => "a RISC-V IOMMU holds no transactions, and lets the permission of a leaf that is in use change only by way of V = 0. Use smmu, or vtd with --device-tlb 64",
            _ => "a refused write is a target abort, which the device cannot try again. Give devices ATS and PRI (--device-tlb 64), or use smmu, which can hold them",
        };
        reason = $"Tracker write-protect needs faults that can be answered; {experiment.Iommu}: {why}.";
        return FaultAnswer.None;
    }
}
