namespace Workbench.Iommu.Smmu;

/// <summary>
/// Translation granule. The numbers are those of the TG field of TLBI commands (IHI 0070 §4.4.1 [S]); STE.S2TG and CD.TG0 use
/// another code and CD.TG1 a third one, which the structures translate.
/// </summary>
public enum SmmuGranule : byte
{
    /// <summary>In a command: any granule, no range. In a structure: the reserved code.</summary>
    None = 0,
    /// <summary>4 KiB pages, 9 address bits a level.</summary>
    Size4K = 1,
    /// <summary>16 KiB pages, 11 address bits a level.</summary>
    Size16K = 2,
    /// <summary>64 KiB pages, 13 address bits a level.</summary>
    Size64K = 3,
}

/// <summary>What a granule means in bits, and its codes in the structures.</summary>
public static class SmmuGranuleExtensions
{
    extension(SmmuGranule granule)
    {
        /// <summary>Log2 of the page size in bytes: 12, 14 or 16; 0 for none.</summary>
        public int SizeLog2 => granule is > SmmuGranule.None and <= SmmuGranule.Size64K ? 10 + (2 * (int)granule) : 0;

        /// <summary>Address bits that one table level resolves: 9, 11 or 13; 0 for none.</summary>
        public int BitsPerLevel => granule.SizeLog2 == 0 ? 0 : granule.SizeLog2 - 3;

        /// <summary>The code in CD.TG0 and STE.S2TG: 0 is 4 KiB, 1 is 64 KiB, 2 is 16 KiB, 3 is reserved. [S]</summary>
        internal ulong LowerCode => granule switch
        {
            SmmuGranule.Size4K => 0,
            SmmuGranule.Size64K => 1,
            SmmuGranule.Size16K => 2,
            _ => 3,
        };

        /// <summary>The code in CD.TG1: 0 is reserved, 1 is 16 KiB, 2 is 4 KiB, 3 is 64 KiB. [S]</summary>
        internal ulong UpperCode => granule switch
        {
            SmmuGranule.Size16K => 1,
            SmmuGranule.Size4K => 2,
            SmmuGranule.Size64K => 3,
            _ => 0,
        };
    }

    /// <summary>The granule of a CD.TG0 or STE.S2TG code.</summary>
    internal static SmmuGranule OfLowerCode(ulong code) => code switch
    {
        0 => SmmuGranule.Size4K,
        1 => SmmuGranule.Size64K,
        2 => SmmuGranule.Size16K,
        _ => SmmuGranule.None,
    };

    /// <summary>The granule of a CD.TG1 code.</summary>
    internal static SmmuGranule OfUpperCode(ulong code) => code switch
    {
        1 => SmmuGranule.Size16K,
        2 => SmmuGranule.Size4K,
        3 => SmmuGranule.Size64K,
        _ => SmmuGranule.None,
    };
}
