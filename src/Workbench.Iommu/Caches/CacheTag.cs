namespace Workbench.Iommu.Caches;

/// <summary>
/// Whose a cached translation is: the domain (VMID, GSCID, DomainID) in bits 15:0 and, if a first stage took part, its address space
/// (PASID, ASID, PSCID, 20 bits) above a bit that says so.
/// </summary>
public readonly record struct CacheTag
{
    private const int SpaceShift = 17;
    private const ulong HasSpaceBit = 1UL << 16;
    private const ulong OutsideBit = 1UL << 37;

    private CacheTag(ulong value) => Value = value;

    /// <summary>Translations of a domain's own table.</summary>
    public CacheTag(DomainId domain) => Value = domain.Value;

    /// <summary>Translations of one first-stage address space within a domain; the space has 20 bits.</summary>
    public CacheTag(DomainId domain, uint space)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(space, Pasid.MaxValue);
        Value = domain.Value | HasSpaceBit | ((ulong)space << SpaceShift);
    }

    /// <summary>Translations of an address space outside every domain (RISC-V: of the host, where the second stage is Bare); the space has 20 bits.</summary>
    public static CacheTag Outside(uint space) => new(OutsideBit | new CacheTag(default, space).Value);

    /// <summary>The tag as a word of 38 bits.</summary>
    public ulong Value { get; }
    /// <summary>The domain; 0 outside every domain.</summary>
    public DomainId Domain => new(unchecked((ushort)Value));
    /// <summary>The address space, or null if no first stage took part.</summary>
    public uint? Space => (Value & HasSpaceBit) == 0 ? null : (uint)(Value >> SpaceShift) & Pasid.MaxValue;

    /// <summary>A tag read back from its word.</summary>
    internal static CacheTag Of(ulong value) => new(value);
}
