namespace Workbench.Races.Hardware;

/// <summary>What each vendor promises, in our words.</summary>
public static partial class HardwareCatalogue
{
    private static HardwareRule[] Amd =>
    [
        new(RuleSubject.CleanEntriesAreChecked, "A write through an entry cached as clean is checked against memory again, by a walk.", "48882 §2.2.3.2, as Linux relies on it", Standing.Inferred),
        new(RuleSubject.DirtyEntriesAreTrusted, "A write through an entry cached as dirty updates nothing: the IOTLB caches D.", "Linux amd/iommu.c comments; J. Martins, 2022-02-04", Standing.Quoted),
        new(RuleSubject.UpdatesAreAtomic, "A and D are set by an interlocked 64-bit operation; an entry that changed meanwhile is judged again.", "48882 §2.2.7.4 step 4, quoted for guest tables; that the whole entry is judged again is our reading", Standing.Inferred),
        new(RuleSubject.DirtyBeforeData, "The update of A and D comes before the access goes on.", "48882 §2.2.7.4 step 5, quoted for guest tables; taken to hold for host tables", Standing.Inferred),
        new(RuleSubject.WritesLandLater, "A memory write is posted: it has its translation and is on its way for any time, until something drains it.", "PCI Express, posted transactions; the text of 48882 was not read", Standing.Quoted),
        new(RuleSubject.CompletionEndsWalks, "COMPLETION_WAIT completes when earlier invalidations are done; table memory may then be freed.", "Linux amd/iommu.c", Standing.Inferred),
        new(RuleSubject.CompletionDrainsWrites, "COMPLETION_WAIT completes after writes that used what was invalidated have landed.", "what iommufd relies on; the text of 48882 was not read", Standing.Inferred),
        new(RuleSubject.CommandsInOrder, "Commands are executed in the order of the ring.", "Linux amd/iommu.c relies on it", Standing.Inferred),
        new(RuleSubject.SizesMayMeet, "Old and new sizes of one translation may be used side by side.", "no break-before-make rule was found", Standing.Inferred),
        new(RuleSubject.OneMemberIsMarked, "Of replicated entries D may be set in only one, and stands for the whole page.", "48882 §2.2.3.2, quoted in Linux patches", Standing.Quoted),
        new(RuleSubject.GuestTablesAreTracked, "The update of A and D in a guest's table is a write through the host's table.", "48882 §2.2.7.4, quoted for guest tables; for nested ones inferred", Standing.Inferred),
        new(RuleSubject.TrackingOff, "With DTE.HAD = 0 A and D are ignored.", "48882 device table, as Linux and FreeBSD have it", Standing.Inferred),
        new(RuleSubject.AtsSetsDirty, "A translation request to write sets D, where HAD is on.", "48882 §2.2.7.4, quoted", Standing.Quoted),
        new(RuleSubject.AtsDrainsWrites, "A device answers an invalidation of its TLB when writes that used it have been sent ahead of the answer.", "PCI Express ATS, invalidate completion", Standing.Inferred),
    ];

    private static HardwareRule[] Vtd =>
    [
        new(RuleSubject.CleanEntriesAreChecked, "A write through an entry cached as clean sets D before it goes on.", "VT-d 3.7.2 was not read; D would mean nothing otherwise", Standing.Inferred),
        new(RuleSubject.DirtyEntriesAreTrusted, "D is cached in the IOTLB: hardware may not set it again until it is invalidated.", "Linux commit f35f22cc", Standing.Quoted),
        new(RuleSubject.UpdatesAreAtomic, "A and D are set atomically; an entry that changed meanwhile is walked again.", "VT-d 3.7.2 was not read; as x86 processors do", Standing.Inferred),
        new(RuleSubject.DirtyBeforeData, "D is set before the write goes on.", "VT-d 3.7.2 was not read; as x86 processors do", Standing.Inferred),
        new(RuleSubject.WritesLandLater, "A memory write is posted: it has its translation and is on its way for any time, until something drains it.", "PCI Express, posted transactions; what VT-d's CAP.DWD is for, as transcribed", Standing.Quoted),
        new(RuleSubject.CompletionEndsWalks, "A wait descriptor completes when earlier invalidations have, walks included.", "Linux intel/dmar.c", Standing.Inferred),
        new(RuleSubject.CompletionDrainsWrites, "IOTLB invalidation drains writes (major version 2 and later always; earlier by DW).", "from VT-d CAP.DWD, as transcribed: that a wait then means landed is our reading", Standing.Inferred),
        new(RuleSubject.CommandsInOrder, "Descriptors are executed in the order of the queue.", "Linux intel/dmar.c relies on it; the wait descriptor's fence flag (FN) makes it doubtful", Standing.Inferred),
        new(RuleSubject.SizesMayMeet, "Old and new sizes of one translation may be used side by side, until invalidated.", "as x86 processors do (SDM vol. 3, 4.10.2)", Standing.Inferred),
        new(RuleSubject.GuestTablesAreTracked, "A first-stage table is written through the second stage, which sets D in the leaf of its page.", "VT-d 3.7.2 was not read; nested fault codes 0x75 to 0x77 speak for it", Standing.Inferred),
        new(RuleSubject.TrackingOff, "With SSADE = 0 A and D are ignored.", "VT-d PASID-table entry", Standing.Inferred),
        new(RuleSubject.AtsSetsDirty, "A translation request to write sets D when it is answered.", "VT-d 3.7.2 was not read", Standing.Inferred),
        new(RuleSubject.AtsDrainsWrites, "A device answers an invalidation of its TLB when writes that used it have been sent ahead of the answer.", "PCI Express ATS, invalidate completion", Standing.Inferred),
    ];

    private static HardwareRule[] Smmu =>
    [
        new(RuleSubject.CleanEntriesAreChecked, "A cached clean descriptor has to be checked against memory before a write is done through it; if memory changed, the new descriptor counts.", "Arm DDI 0487 D8.5.2.1", Standing.Read),
        new(RuleSubject.DirtyEntriesAreTrusted, "A descriptor cached as dirty needs no update.", "Arm DDI 0487 D8.5.2", Standing.Read),
        new(RuleSubject.UpdatesAreAtomic, "The update is a compare-and-swap, repeated until it meets what it was decided on.", "Arm DDI 0487 D8.5, pseudocode", Standing.Read),
        new(RuleSubject.DirtyBeforeData, "For translation requests of devices only: for other writes the update is not ordered against the write.", "Arm DDI 0487 D8.5.3; IHI 0070 §3.13.7", Standing.Read),
        new(RuleSubject.WritesLandLater, "A memory write is posted: it has its translation and is on its way for any time, until something drains it.", "IHI 0070 §3.21.1: what completion of TLBI waits for", Standing.Read),
        new(RuleSubject.CompletionEndsWalks, "TLBI completes when no walk is left that could bring back what was removed.", "IHI 0070 §3.21.1", Standing.Read),
        new(RuleSubject.CompletionDrainsWrites, "TLBI completes when all transactions translated through what was removed are visible.", "IHI 0070 §3.21.1", Standing.Read),
        new(RuleSubject.CompletionPublishesDirty, "Completion of TLBI, or of CMD_SYNC alone, makes the updates of completed transactions visible.", "IHI 0070 §3.13.4, §4.7.3", Standing.Read),
        new(RuleSubject.LateUpdatesAreCommitted, "Where a write is let through before its update is visible, the update has won its compare-and-swap: an atomic operation of software sees it, a load may not.", "from the coherence of atomic operations; Arm DDI 0487 D8.5 does not say", Standing.Inferred),
        new(RuleSubject.CommandsInOrder, "TLBI and ATC_INV between two CMD_SYNC are in no order.", "IHI 0070 §4.7.3", Standing.Read),
        new(RuleSubject.SizesMayMeet, "IDR3.BBML = 2: no conflict is ever raised. Below that a change of size may raise F_TLB_CONFLICT.", "IHI 0070 §3.21.1.1 to 3", Standing.Read),
        new(RuleSubject.NonTranslatingIsNotCached, "IDR3.BBML = 1: a block marked nT is not cached in a way that conflicts.", "IHI 0070 §3.21.1.2", Standing.Read),
        new(RuleSubject.OneMemberIsMarked, "Of a contiguous run one descriptor is updated.", "Arm DDI 0487 D8.5.5", Standing.Read),
        new(RuleSubject.GuestTablesAreTracked, "A stage-1 update is a write to the table: stage 2 has to allow it, and its descriptor becomes dirty.", "IHI 0070 §3.13", Standing.Read),
        new(RuleSubject.TrackingOff, "With CD.HD = 0 a writable-clean descriptor is read-only: a write faults.", "IHI 0070 §3.13.3", Standing.Read),
        new(RuleSubject.AtsSetsDirty, "A translation request to write makes the page dirty before W is granted.", "IHI 0070 §3.13.7", Standing.Read),
        new(RuleSubject.AtsDrainsWrites, "A device answers an invalidation of its TLB when writes that used it have been sent ahead of the answer.", "PCI Express ATS, invalidate completion", Standing.Inferred),
    ];

    private static HardwareRule[] RiscV =>
    [
        new(RuleSubject.CleanEntriesAreChecked, "A write that meets an entry with D = 0 is walked for again.", "RISC-V IOMMU specification, data structures; reference model", Standing.Read),
        new(RuleSubject.DirtyEntriesAreTrusted, "Software that clears D has to invalidate, or the IOMMU may not set it again.", "RISC-V IOMMU specification, software guidelines", Standing.Read),
        new(RuleSubject.UpdatesAreAtomic, "The whole PTE is compared with what was walked; a mismatch begins again at that PTE.", "RISC-V IOMMU specification, data structures, updating of A and D", Standing.Read),
        new(RuleSubject.DirtyBeforeData, "The update is globally visible before the access that caused it.", "RISC-V IOMMU specification, data structures, updating of A and D", Standing.Read),
        new(RuleSubject.WritesLandLater, "A memory write is posted: it has its translation and is on its way for any time, until something drains it.", "RISC-V IOMMU specification, IOFENCE.C: what PW waits for", Standing.Read),
        new(RuleSubject.CompletionEndsWalks, "IOFENCE.C completes when all commands fetched before have.", "RISC-V IOMMU specification, command queue", Standing.Read),
        new(RuleSubject.CompletionDrainsWrites, "With PW = 1 only: writes that the IOMMU has taken up are in the global order.", "RISC-V IOMMU specification, IOFENCE.C; issue 772", Standing.Read),
        new(RuleSubject.FencesCountLate, "The writes that IOFENCE.C waits for are counted when the commands before it have completed: also those that an IOTINVAL met in the middle of a walk.", "the specification does not say when they are counted", Standing.Inferred),
        new(RuleSubject.CommandsInOrder, "Commands are fetched in order and may be executed in any, but for IOFENCE.C.", "RISC-V IOMMU specification, command queue", Standing.Read),
        new(RuleSubject.SizesMayMeet, "The size may change in place, all else alike: either translation may be used until invalidated.", "RISC-V IOMMU specification, software guidelines", Standing.Read),
        new(RuleSubject.OneMemberIsMarked, "Of a NAPOT run the visited PTE is updated; software has to look at all.", "Svnapot, riscv-isa-manual 1836", Standing.Read),
        new(RuleSubject.GuestTablesAreTracked, "The G-stage PTE of a first-stage table that is updated gets D.", "RISC-V IOMMU specification, data structures; pull requests 491, 497", Standing.Read),
        new(RuleSubject.TrackingOff, "With SADE = 0 (GADE = 0) a clear A, or D on a write, faults.", "RISC-V IOMMU specification, device context", Standing.Read),
        new(RuleSubject.AtsSetsDirty, "A translation request without NW sets D when it is answered.", "RISC-V IOMMU specification, ATS", Standing.Read),
        new(RuleSubject.AtsDrainsWrites, "A device answers an invalidation of its TLB when writes that used it have been sent ahead of the answer.", "PCI Express ATS, invalidate completion", Standing.Inferred),
    ];
}
