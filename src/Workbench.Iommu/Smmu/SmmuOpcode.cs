namespace Workbench.Iommu.Smmu;

/// <summary>What a command asks for: its low byte. IHI 0070 §4.1.1 [S]; other numbers are reserved or implementation defined.</summary>
public enum SmmuOpcode : byte
{
    /// <summary>Fetches configuration ahead of use (CMD_PREFETCH_CONFIG).</summary>
    PrefetchConfig = 0x01,
    /// <summary>Fetches translations ahead of use (CMD_PREFETCH_ADDR).</summary>
    PrefetchAddress = 0x02,
    /// <summary>Drops a cached stream table entry and what was found through it (CMD_CFGI_STE).</summary>
    CfgiSte = 0x03,
    /// <summary>The same for an aligned range of streams; range 31 is CMD_CFGI_ALL (CMD_CFGI_STE_RANGE).</summary>
    CfgiSteRange = 0x04,
    /// <summary>Drops a cached context descriptor (CMD_CFGI_CD).</summary>
    CfgiCd = 0x05,
    /// <summary>Drops every cached context descriptor of a stream (CMD_CFGI_CD_ALL).</summary>
    CfgiCdAll = 0x06,
    /// <summary>Drops a cached partition map (CMD_CFGI_VMS_PIDM). Needs IDR3.MPAM, which is not modelled.</summary>
    CfgiVmsPidm = 0x07,

    /// <summary>Drops the stage-1 translations of a VMID (CMD_TLBI_NH_ALL).</summary>
    TlbiNhAll = 0x10,
    /// <summary>Drops the non-global translations of an ASID and VMID (CMD_TLBI_NH_ASID).</summary>
    TlbiNhAsid = 0x11,
    /// <summary>Drops translations of virtual addresses of an ASID and VMID (CMD_TLBI_NH_VA).</summary>
    TlbiNhVa = 0x12,
    /// <summary>Drops translations of virtual addresses of a VMID, whatever the ASID (CMD_TLBI_NH_VAA).</summary>
    TlbiNhVaa = 0x13,
    /// <summary>Drops every EL3 translation (CMD_TLBI_EL3_ALL). Secure queue only.</summary>
    TlbiEl3All = 0x18,
    /// <summary>Drops EL3 translations of virtual addresses (CMD_TLBI_EL3_VA). Secure queue only.</summary>
    TlbiEl3Va = 0x1A,
    /// <summary>Drops every EL2 translation (CMD_TLBI_EL2_ALL).</summary>
    TlbiEl2All = 0x20,
    /// <summary>Drops the non-global EL2 translations of an ASID (CMD_TLBI_EL2_ASID).</summary>
    TlbiEl2Asid = 0x21,
    /// <summary>Drops EL2 translations of virtual addresses of an ASID (CMD_TLBI_EL2_VA).</summary>
    TlbiEl2Va = 0x22,
    /// <summary>Drops EL2 translations of virtual addresses, whatever the ASID (CMD_TLBI_EL2_VAA).</summary>
    TlbiEl2Vaa = 0x23,
    /// <summary>Drops the translations of a VMID at both stages (CMD_TLBI_S12_VMALL).</summary>
    TlbiS12VmAll = 0x28,
    /// <summary>Drops stage-2 translations of intermediate addresses, not what stage 1 combined with them (CMD_TLBI_S2_IPA).</summary>
    TlbiS2Ipa = 0x2A,
    /// <summary>Drops every Non-secure translation but those of EL2 (CMD_TLBI_NSNH_ALL).</summary>
    TlbiNsnhAll = 0x30,

    /// <summary>Drops translations that a device holds (CMD_ATC_INV).</summary>
    AtcInvalidate = 0x40,
    /// <summary>Answers a group of page requests (CMD_PRI_RESP).</summary>
    PageResponse = 0x41,
    /// <summary>Retries or terminates a stalled transaction (CMD_RESUME).</summary>
    Resume = 0x44,
    /// <summary>Terminates every stalled transaction of a stream (CMD_STALL_TERM).</summary>
    StallTerminate = 0x45,
    /// <summary>Waits until the commands before it are complete, then signals (CMD_SYNC).</summary>
    Sync = 0x46,

    /// <summary>Secure EL2: every translation (CMD_TLBI_S_EL2_ALL).</summary>
    TlbiSecureEl2All = 0x50,
    /// <summary>Secure EL2: an ASID (CMD_TLBI_S_EL2_ASID).</summary>
    TlbiSecureEl2Asid = 0x51,
    /// <summary>Secure EL2: addresses of an ASID (CMD_TLBI_S_EL2_VA).</summary>
    TlbiSecureEl2Va = 0x52,
    /// <summary>Secure EL2: addresses (CMD_TLBI_S_EL2_VAA).</summary>
    TlbiSecureEl2Vaa = 0x53,
    /// <summary>Secure: a VMID at both stages (CMD_TLBI_S_S12_VMALL).</summary>
    TlbiSecureS12VmAll = 0x58,
    /// <summary>Secure: intermediate addresses (CMD_TLBI_S_S2_IPA).</summary>
    TlbiSecureS2Ipa = 0x5A,
    /// <summary>Secure: every translation (CMD_TLBI_SNH_ALL).</summary>
    TlbiSnhAll = 0x60,
    /// <summary>Drops cached device permissions (CMD_DPTI_ALL). Needs IDR3.DPT, which is not modelled.</summary>
    DptiAll = 0x70,
    /// <summary>Drops cached device permissions of physical addresses (CMD_DPTI_PA). Needs IDR3.DPT, which is not modelled.</summary>
    DptiPa = 0x73,
}
