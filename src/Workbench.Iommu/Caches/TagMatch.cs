namespace Workbench.Iommu.Caches;

/// <summary>Which tags an invalidation reaches: those that agree with a value in the bits of a mask.</summary>
public readonly record struct TagMatch
{
    private const ulong OutsideBit = 1UL << 37;
    private const ulong DomainMask = OutsideBit | 0xFFFF;
    private const ulong HasSpaceBit = 1UL << 16;

    private TagMatch(ulong value, ulong mask) => (Value, Mask) = (value, mask);

    /// <summary>The bits asked for.</summary>
    public ulong Value { get; }
    /// <summary>The bits compared.</summary>
    public ulong Mask { get; }

    /// <summary>Is one tag meant, so that its entries can be looked up?</summary>
    public bool IsExact => Mask == ulong.MaxValue;

    /// <summary>Does a tag match?</summary>
    public bool Covers(ulong tag) => (tag & Mask) == Value;

    /// <summary>One tag: a domain's own table, or one address space of it.</summary>
    public static TagMatch Exactly(CacheTag tag) => new(tag.Value, ulong.MaxValue);

    /// <summary>A domain with all its address spaces.</summary>
    public static TagMatch WholeDomain(DomainId domain) => new(domain.Value, DomainMask);

    /// <summary>All address spaces of a domain, but not its own table's translations.</summary>
    public static TagMatch SpacesOf(DomainId domain) => new(domain.Value | HasSpaceBit, DomainMask | HasSpaceBit);

    /// <summary>Every address space, of every domain and outside them.</summary>
    public static TagMatch AllSpaces { get; } = new(HasSpaceBit, HasSpaceBit);

    /// <summary>Everything of every domain.</summary>
    public static TagMatch AllDomains { get; } = new(0, OutsideBit);

    /// <summary>Every address space outside the domains: see <see cref="CacheTag.Outside"/>.</summary>
    public static TagMatch AllOutside { get; } = new(OutsideBit, OutsideBit);

    /// <summary>Every tag there is.</summary>
    public static TagMatch Everyone { get; } = new(0, 0);

    /// <summary>A tag that is no <see cref="CacheTag"/>: a device's own TLB tags by PASID alone.</summary>
    internal static TagMatch ExactlyWord(ulong word) => new(word, ulong.MaxValue);
}
