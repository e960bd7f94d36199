using Workbench.Iommu.Invalidation;
using Workbench.Iommu.LeafChanges;
using Workbench.Iommu.PageTables;
using Xunit;

namespace Workbench.Iommu.Tests;

/// <summary>What every model of the catalogue does, and what each refuses by name when it is built.</summary>
public sealed class CatalogueTests
{
    public static TheoryData<string> Models => [.. IommuCatalogue.Models.Select(m => m.Name)];

    private static bool IsArm(string model) => model.StartsWith("smmu", StringComparison.Ordinal);

    private static string Refusal(IommuSpec spec) => Assert.Throws<ArgumentException>(() => IommuCatalogue.Build(spec)).Message;

    [Theory]
    [MemberData(nameof(Models))]
    public void It_builds_at_every_width_and_granule_it_names(string model)
    {
        IommuModel found = IommuCatalogue.Find(model)!;
        foreach (int bits in found.AddressBits)
            foreach ((int granule, ulong sizes) in found.LeafSizes)
            {
                Assert.True((sizes & (1UL << granule)) != 0, $"no leaf of the granule 2^{granule}");
                if (bits > 48 && IsArm(model) && granule != 16) continue;
                using IIommuDriver driver = found.Build(new() { Model = model, AddressBits = bits, GranuleLog2 = granule });
                Domain domain = driver.CreateDomain(new(3));
                driver.Attach(RequesterId.Of(0, 1, 0), null, domain);
                ulong page = 1UL << granule, last = domain.Table.LastIova - (page - 1);
                Assert.Equal(MapResult.Mapped, driver.Map(domain, last, page, page, Permission.ReadWrite, granule, new()));
                driver.Hardware.Translate(new(RequesterId.Of(0, 1, 0), last + 5, isWrite: true), out Translation translation);
                Assert.Equal((Workbench.Iommu.Faults.FaultKind.None, page + 5), (translation.Fault, translation.Physical));
            }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_lag_of_dirty_bits_is_Arms_alone(string model)
    {
        IommuSpec lagging = new() { Model = model, DirtyMayLag = true };
        if (IsArm(model)) IommuCatalogue.Build(lagging).Dispose();
        else Assert.Contains("DirtyMayLag", Refusal(lagging), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Levels_of_changing_a_block_are_Arms_alone(string model)
    {
        LeafChangeRule[] rules = [LeafChangeRule.BreakBeforeMake, LeafChangeRule.NonTranslating, LeafChangeRule.AtOnce];
        for (int level = 0; level <= 2; level++)
        {
            IommuSpec spec = new() { Model = model, BlockChangeLevel = level };
            if (level < 2 && !IsArm(model))
            {
                Assert.Contains("BlockChangeLevel", Refusal(spec), StringComparison.Ordinal);
                continue;
            }
            using IIommuDriver driver = IommuCatalogue.Build(spec);
            Assert.Equal(rules[level], driver.LeafChangeRule);
        }
        foreach (int level in (int[])[-1, 3]) Assert.Contains("BlockChangeLevel", Refusal(new() { Model = model, BlockChangeLevel = level }), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_granule_of_16_KiB_is_Arms_alone(string model)
    {
        IommuSpec large = new() { Model = model, GranuleLog2 = 14 };
        if (IsArm(model)) IommuCatalogue.Build(large).Dispose();
        else Assert.Contains("2^14", Refusal(large), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_reason_is_told_at_once(string model)
    {
        string message = Refusal(new() { Model = model, AddressBits = 7, DeviceTlbEntries = -1, Iotlb = new() { Sets = 3, Ways = 4 } });
        foreach (string part in (string[])["7 address bits", "-1", "3 sets"]) Assert.Contains(part, message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Without_dirty_bits_tracking_is_refused_with_the_bit_that_would_allow_it(string model)
    {
        IommuSpec spec = new() { Model = model, SupportsDirtyTracking = false };
        // First stages of x86-64 have no such bit: there the part cannot be built.
        if (model is "vtd-fs" or "amd-v2")
        {
            Assert.Contains("always", Refusal(spec), StringComparison.Ordinal);
            return;
        }
        using IIommuDriver driver = IommuCatalogue.Build(spec);
        Domain domain = driver.CreateDomain(new(3));
        string message = Assert.Throws<NotSupportedException>(() => driver.SetDirtyTracking(domain, enable: true)).Message;
        Assert.Contains(model switch { "vtd" => "ECAP.SSADS", "amd" => "EFR.HDSup", "smmu" or "smmu-s2" => "IDR0.HTTU", _ => "AMO_HWAD" }, message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_profile_either_works_or_is_refused_by_name(string model)
    {
        foreach (DriverProfile profile in DriverProfile.All) IommuCatalogue.Build(new() { Model = model, Profile = profile }).Dispose();
        DriverProfile scaled = new() { Name = "scaled", Shape = InvalidationShape.ScaledRanges };
        if (IsArm(model)) IommuCatalogue.Build(new() { Model = model, Profile = scaled }).Dispose();
        else Assert.Contains("'scaled'", Refusal(new() { Model = model, Profile = scaled }), StringComparison.Ordinal);
    }
}
