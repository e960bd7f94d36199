namespace Workbench.Iommu.PageTables;

/// <summary>What a walk is for.</summary>
public enum AccessKind : byte
{
    /// <summary>A read of memory.</summary>
    Read,
    /// <summary>A write of memory.</summary>
    Write,
    /// <summary>An ATS translation request with No Write (NW = 1): the device will only read.</summary>
    TranslateToRead,
    /// <summary>An ATS translation request with NW = 0: the device may write, so a writable page becomes dirty now.</summary>
    TranslateToWrite,
}
