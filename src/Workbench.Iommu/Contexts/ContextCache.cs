namespace Workbench.Iommu.Contexts;

/// <summary>Cached device and PASID lookups. Unbounded: no published part is known to thrash here, so its size is not modelled.</summary>
internal sealed class ContextCache
{
    private readonly TranslationContext?[]?[] byBus = new TranslationContext?[]?[256];
    private readonly Dictionary<(RequesterId Device, uint Pasid), TranslationContext> byPasid = [];

    /// <summary>The cached context, or null.</summary>
    public TranslationContext? Find(RequesterId device, uint pasidOrNone)
    {
        if (pasidOrNone == DmaRequest.NoPasid) return byBus[device.Bus]?[device.DeviceFunction];
        return byPasid.GetValueOrDefault((device, pasidOrNone));
    }

    /// <summary>Remembers a context.</summary>
    public void Fill(RequesterId device, uint pasidOrNone, TranslationContext context)
    {
        if (pasidOrNone == DmaRequest.NoPasid) (byBus[device.Bus] ??= new TranslationContext?[256])[device.DeviceFunction] = context;
        else byPasid[(device, pasidOrNone)] = context;
    }

    /// <summary>Drops one device.</summary>
    public void InvalidateDevice(RequesterId device)
    {
        if (byBus[device.Bus] is { } functions) functions[device.DeviceFunction] = null;
        foreach ((RequesterId Device, uint Pasid) key in byPasid.Keys.Where(k => k.Device == device).ToArray()) byPasid.Remove(key);
    }

    /// <summary>Drops one PASID of a device; PASID 0 stands for requests without PASID too.</summary>
    public void InvalidatePasid(RequesterId device, Pasid pasid)
    {
        byPasid.Remove((device, pasid.Value));
        if (pasid.Value == 0 && byBus[device.Bus] is { } functions) functions[device.DeviceFunction] = null;
    }

    /// <summary>Drops what leads to one domain.</summary>
    public void InvalidateDomain(DomainId domain) => Invalidate(context => context.Tag.Domain == domain);

    /// <summary>Drops what leads to one domain by the entry of one PASID.</summary>
    public void InvalidatePasidOfDomain(DomainId domain, Pasid pasid) => Invalidate(context => context.Tag.Domain == domain && context.Pasid == pasid);

    private void Invalidate(Func<TranslationContext, bool> isMeant)
    {
        foreach (TranslationContext?[]? functions in byBus)
        {
            if (functions is null) continue;
            for (int i = 0; i < functions.Length; i++)
                if (functions[i] is { } context && isMeant(context)) functions[i] = null;
        }
        foreach ((RequesterId Device, uint Pasid) key in byPasid.Where(p => isMeant(p.Value)).Select(p => p.Key).ToArray()) byPasid.Remove(key);
    }

    /// <summary>Drops everything.</summary>
    public void InvalidateAll()
    {
        Array.Clear(byBus);
        byPasid.Clear();
    }
}
