using Workbench.Iommu.Memory;

namespace Workbench.Iommu.Vtd;

/// <summary>Composes a VT-d machine: memory, unit, engine and driver.</summary>
public static class VtdIommu
{
    /// <summary>Builds the machine a specification asks for; throws <see cref="ArgumentException"/> with every reason why it cannot.</summary>
    public static IommuDriver Build(IommuSpec spec) => Build(spec, out _, out _);

    /// <summary>Builds the machine and hands out its parts, for tests that look inside.</summary>
    public static IommuDriver Build(IommuSpec spec, out VtdUnit unit, out PhysicalMemory memory)
    {
        ArgumentNullException.ThrowIfNull(spec);
        List<string> problems = [.. spec.Iotlb.Problems()];
        VtdAddressWidth width = spec.AddressBits switch { 39 => VtdAddressWidth.Bits39, 48 => VtdAddressWidth.Bits48, 57 => VtdAddressWidth.Bits57, _ => VtdAddressWidth.Reserved };
        if (width.IsReserved) problems.Add($"{spec.AddressBits} address bits: the VT-d second stage has 39, 48 or 57.");
        if (spec.LargestLeafLog2 is not (0 or 12 or 21 or 30)) problems.Add($"Leaves of 2^{spec.LargestLeafLog2} bytes: VT-d has 4 KiB (12), 2 MiB (21) and 1 GiB (30).");
        if (spec.LargestInvalidationMask is < 9 or > 52) problems.Add($"CAP.MAMV {spec.LargestInvalidationMask}: 9 to 52 are sensible.");
        if (problems.Count > 0) throw new ArgumentException("The VT-d machine cannot be built: " + string.Join(" ", problems), nameof(spec));

        VtdCapability capability = (VtdCapability.Default with
        {
            CachesNotPresent = spec.CachesNotPresent,
            MaximumAddressMask = spec.LargestInvalidationMask,
            SecondStageLargePages = spec.LargestLeafLog2 switch { 12 => 0, 21 => 1, _ => 3 },
            FaultRecordCount = 8,
        }).With(VtdAddressWidth.Bits39, true);
        VtdExtendedCapability extended = VtdExtendedCapability.Default with { SupportsSecondStageDirty = spec.SupportsDirtyTracking };
        memory = new();
        try
        {
            unit = new(memory, capability, extended, spec.Iotlb.WalkCaches);
            IIommu engine = IommuEngine.Build(unit, unit.Walkers, spec.Iotlb, unit.Record);
            unit.Connect(engine);
            return new(engine, new VtdProtocol(memory, unit, width, spec.Profile));
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
