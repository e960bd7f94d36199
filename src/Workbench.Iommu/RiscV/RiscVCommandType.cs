namespace Workbench.Iommu.RiscV;

/// <summary>What a command asks for: func3 above opcode, bits 9:0 of the command. RISC-V IOMMU, "Command-Queue" [S][M][L].</summary>
public enum RiscVCommandType : ushort
{
    /// <summary>IOTINVAL.VMA: drops first-stage translations. Opcode 1, func3 0.</summary>
    IotinvalVma = 0x01,
    /// <summary>IOTINVAL.GVMA: drops second-stage translations. Opcode 1, func3 1.</summary>
    IotinvalGvma = 0x81,
    /// <summary>IOFENCE.C: reports that the commands before it are done. Opcode 2, func3 0.</summary>
    IofenceC = 0x02,
    /// <summary>IODIR.INVAL_DDT: drops cached device contexts. Opcode 3, func3 0.</summary>
    IodirInvalDdt = 0x03,
    /// <summary>IODIR.INVAL_PDT: drops a cached process context. Opcode 3, func3 1.</summary>
    IodirInvalPdt = 0x83,
    /// <summary>ATS.INVAL: drops translations that a device holds. Opcode 4, func3 0.</summary>
    AtsInval = 0x04,
    /// <summary>ATS.PRGR: answers a page-request group. Opcode 4, func3 1.</summary>
    AtsPrgr = 0x84,
}
