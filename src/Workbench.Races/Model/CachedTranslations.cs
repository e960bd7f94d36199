namespace Workbench.Races.Model;

/// <summary>What a cached translation lets an access do.</summary>
internal enum Cached
{
    /// <summary>Nothing is cached.</summary>
    None,
    /// <summary>Reading.</summary>
    ReadOnly,
    /// <summary>Writing, but D may be clear in memory: a write has to look.</summary>
    Clean,
    /// <summary>Writing without a look at memory.</summary>
    Dirty,
}

/// <summary>The IOTLB, the walk cache, the context cache and the device's TLB.</summary>
internal readonly record struct CachedTranslations(ulong Bits)
{
    /// <summary>Stands for the entry that covers the whole leaf of several pages.</summary>
    public const int Large = RaceState.MostPages;
    private const int WalkCacheBit = 10, ContextCached = 11, ContextOn = 13, DeviceTlb = 16, All = (1 << 10) - 1;

    /// <summary>The IOTLB's entry of a page, or <see cref="Large"/>.</summary>
    public Cached Iotlb(int entry) => (Cached)Bits.Get(entry * 2, 2);
    public CachedTranslations WithIotlb(int entry, Cached value) => new(Bits.With(entry * 2, 2, (int)value));
    public CachedTranslations WithoutIotlb() => new(Bits & ~(ulong)All);

    /// <summary>The device's TLB.</summary>
    public Cached Device(int entry) => (Cached)Bits.Get(DeviceTlb + (entry * 2), 2);
    public CachedTranslations WithDevice(int entry, Cached value) => new(Bits.With(DeviceTlb + (entry * 2), 2, (int)value));
    public CachedTranslations WithoutDevice() => new(Bits & ~((ulong)All << DeviceTlb));

    /// <summary>Is the pointer to the lower table cached?</summary>
    public bool HasTable => (Bits & (1UL << WalkCacheBit)) != 0;
    public CachedTranslations WithTable(bool value) => new(Bits.With(WalkCacheBit, 1, value ? 1 : 0));

    /// <summary>Is the context cached, and with tracking on?</summary>
    public bool HasContext => Bits.Get(ContextCached, 2) != 0;
    public bool CachedTracking => Bits.Get(ContextCached, 2) == 2;
    public CachedTranslations WithContext(bool tracking) => new(Bits.With(ContextCached, 2, tracking ? 2 : 1));
    public CachedTranslations WithoutContext() => new(Bits.With(ContextCached, 2, 0));

    /// <summary>Does the context in memory have tracking on?</summary>
    public bool Tracking => (Bits & (1UL << ContextOn)) != 0;
    public CachedTranslations WithTracking(bool on) => new(Bits.With(ContextOn, 1, on ? 1 : 0));
}
