using Workbench.Iommu.Faults;
using Workbench.Iommu.Invalidation;
using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests.Vtd;

/// <summary>Types 2, 6 and 7 against what is cached of first stages, of nested contexts and of PASID entries. hardware.md §2f.</summary>
public sealed class PasidInvalidationTests
{
    private const ulong Page = 0x5000, Far = 0x4000_0000;
    private static readonly DomainId Other = new(8);

    /// <summary>Two PASIDs of one first-stage domain, and another domain; all with Page and Far cached.</summary>
    private static VtdMachine Machine()
    {
        VtdMachine m = new(VtdMachine.FirstStage);
        m.Map(Page, 0x9000);
        m.Map(Far, 0xA000);
        m.Driver.Attach(VtdMachine.Nic, new Pasid(3), m.Domain);
        Domain other = m.Driver.CreateDomain(Other);
        m.Map(Page, 0xB000, domain: other);
        m.Map(Far, 0xC000, domain: other);
        m.Driver.Attach(VtdMachine.Disk, null, other);
        Cached(m);
        Assert.Equal("NPDnpd", Cached(m));
        return m;
    }

    /// <summary>Who still has Page (capitals) and Far: N the device without PASID, P its PASID 3, D the other domain.</summary>
    private static string Cached(VtdMachine m)
    {
        string found = "";
        foreach ((ulong iova, string names) in new[] { (Page, "NPD"), (Far, "npd") })
        {
            if (m.Read(iova).Source == TranslationSource.Iotlb) found += names[0];
            if (m.Access(iova, false, pasid: 3).Source == TranslationSource.Iotlb) found += names[1];
            if (m.Read(iova, VtdMachine.Disk).Source == TranslationSource.Iotlb) found += names[2];
        }
        return found;
    }

    private static AlignedRange OnePage => new(Page, 0);

    public static TheoryData<string, string> Commands => new()
    {
        { "type 6, all of PASID 3", "NDnd" },
        { "type 6, all of PASID 0", "PDpd" },
        { "type 6, all of a PASID nobody has", "NPDnpd" },
        { "type 6, page of PASID 3", "NDnpd" },
        { "type 6, page of PASID 0", "PDnpd" },
        { "type 6, AM 18 of PASID 0", "PDnpd" },
        { "type 6, AM 19 of PASID 0", "PDpd" },
        { "type 6, AM 52 of PASID 0", "PDpd" },
        { "type 6, AM 63 of PASID 0", "PDpd" },
        { "type 6, page of the other domain's PASID 0", "NPnpd" },
        // By the text a page-selective type 2 drops all first-stage translations of the domain.
        { "type 2, page", "Dd" },
        { "type 2, domain", "Dd" },
        { "type 2, global", "" },
        { "type 3", "NPDnpd" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void A_descriptor_drops_this_and_leaves_that(string command, string left)
    {
        using VtdMachine m = Machine();
        DomainId id = m.Domain.Id;
        m.Submit(command switch
        {
            "type 6, all of PASID 3" => VtdDescriptor.PasidIotlbAll(id, new(3)),
            "type 6, all of PASID 0" => VtdDescriptor.PasidIotlbAll(id, new(0)),
            "type 6, all of a PASID nobody has" => VtdDescriptor.PasidIotlbAll(id, new(4)),
            "type 6, page of PASID 3" => VtdDescriptor.PasidIotlbPages(id, new(3), OnePage),
            "type 6, page of PASID 0" => VtdDescriptor.PasidIotlbPages(id, new(0), OnePage),
            "type 6, AM 18 of PASID 0" => VtdDescriptor.PasidIotlbPages(id, new(0), new(0, 18)),
            "type 6, AM 19 of PASID 0" => VtdDescriptor.PasidIotlbPages(id, new(0), new(0, 19)),
            "type 6, AM 52 of PASID 0" => VtdDescriptor.PasidIotlbPages(id, new(0), new(0, 52)),
            "type 6, AM 63 of PASID 0" => VtdDescriptor.PasidIotlbPages(id, new(0), new(0, 0)) with { Word1 = 63 },
            "type 6, page of the other domain's PASID 0" => VtdDescriptor.PasidIotlbPages(Other, new(0), OnePage),
            "type 2, page" => VtdDescriptor.IotlbPages(id, OnePage),
            "type 2, domain" => VtdDescriptor.IotlbDomain(id),
            "type 2, global" => VtdDescriptor.IotlbGlobal(),
            _ => VtdDescriptor.DeviceTlb(VtdMachine.Nic, new(0, 52)),
        });
        Assert.Equal(left, Cached(m));
    }

    // IH = 1 keeps the paging-structure caches, 0 drops those of the range and PASID.
    [Theory]
    [InlineData(true, 1, 1)]
    [InlineData(false, 4, 1)]
    public void IH_of_type_6_decides_on_the_walk_caches_of_its_PASID(bool leafOnly, int reads, int readsOfOther)
    {
        using VtdMachine m = Machine();
        m.Submit(VtdDescriptor.PasidIotlbPages(m.Domain.Id, new(3), OnePage, leafOnly), VtdDescriptor.PasidIotlbPages(m.Domain.Id, new(0), OnePage, leafOnly: true));
        long before = m.Counters.TableReads;
        m.Access(Page, false, pasid: 3);
        Assert.Equal(reads, m.Counters.TableReads - before);
        before = m.Counters.TableReads;
        m.Read(Page);
        Assert.Equal(readsOfOther, m.Counters.TableReads - before);
    }

    // Type 7 names domain and PASID: whose entry was changed in memory shows who forgot it.
    [Theory]
    [InlineData("DID 7, PASID 0", "n")]
    [InlineData("DID 7, PASID 3", "p")]
    [InlineData("DID 8, PASID 0", "d")]
    [InlineData("DID 8, PASID 3", "")]
    [InlineData("DID 7", "np")]
    [InlineData("DID 8", "d")]
    [InlineData("global", "npd")]
    public void A_PASID_cache_descriptor_drops_the_entries_it_names(string command, string dropped)
    {
        using VtdMachine m = Machine();
        m.PasidEntry(VtdMachine.Nic) &= ~1UL;
        m.PasidEntry(VtdMachine.Nic, 3) &= ~1UL;
        m.PasidEntry(VtdMachine.Disk) &= ~1UL;
        m.Submit(command switch
        {
            "DID 7, PASID 0" => VtdDescriptor.PasidCachePasid(new(7), new(0)),
            "DID 7, PASID 3" => VtdDescriptor.PasidCachePasid(new(7), new(3)),
            "DID 8, PASID 0" => VtdDescriptor.PasidCachePasid(new(8), new(0)),
            "DID 8, PASID 3" => VtdDescriptor.PasidCachePasid(new(8), new(3)),
            "DID 7" => VtdDescriptor.PasidCacheDomain(new(7)),
            "DID 8" => VtdDescriptor.PasidCacheDomain(new(8)),
            _ => VtdDescriptor.PasidCacheGlobal(),
        });
        string got = (m.Read(Page).Fault == FaultKind.PasidNotPresent ? "n" : "") + (m.Access(Page, false, pasid: 3).Fault == FaultKind.PasidNotPresent ? "p" : "") + (m.Read(Page, VtdMachine.Disk).Fault == FaultKind.PasidNotPresent ? "d" : "");
        Assert.Equal(dropped, got);
    }

    // Second-stage contexts carry no PASID in their tag, but their entries have one.
    [Theory]
    [InlineData(0u, true)]
    [InlineData(3u, false)]
    public void A_PASID_cache_descriptor_of_a_second_stage_domain_is_as_selective(uint pasid, bool isDropped)
    {
        using VtdMachine m = new();
        m.Driver.Attach(VtdMachine.Nic, new Pasid(3), m.Domain);
        m.Map(Page, 0x9000);
        m.Read(Page);
        m.PasidEntry(VtdMachine.Nic) &= ~1UL;
        m.Submit(VtdDescriptor.PasidCachePasid(m.Domain.Id, new(pasid)));
        Assert.Equal(isDropped ? FaultKind.PasidNotPresent : FaultKind.None, m.Read(Page).Fault);
    }

    /// <summary>A domain with a device of its own and a nested one that has the same tag, so that one descriptor meets both.</summary>
    private static VtdMachine Nested()
    {
        VtdMachine m = new(tracking: true);
        m.Map(Page, 0x9000);
        m.Map(Far, 0xA000);
        VtdNestedDomain guest = new(m.Driver, m.Protocol, m.Domain, new(20));
        guest.Map(0x1000, Page, 0x1000);
        guest.Map(0x7000_0000, Far, 0x1000);
        guest.Attach(VtdMachine.Disk, null);
        m.PasidEntry(VtdMachine.Disk, word: 1) = (m.PasidEntry(VtdMachine.Disk, word: 1) & ~0xFFFFUL) | m.Domain.Id.Value;
        CachedNested(m);
        Assert.Equal("PFpf", CachedNested(m));
        return m;
    }

    private static string CachedNested(VtdMachine m) =>
        (m.Read(Page).Source == TranslationSource.Iotlb ? "P" : "") + (m.Read(Far).Source == TranslationSource.Iotlb ? "F" : "")
        + (m.Read(0x1000, VtdMachine.Disk).Source == TranslationSource.Iotlb ? "p" : "") + (m.Read(0x7000_0000, VtdMachine.Disk).Source == TranslationSource.Iotlb ? "f" : "");

    // A range of type 2 is one of guest physical addresses: which combined entries it made is not to be seen, so all go.
    [Theory]
    [InlineData("type 2, page", "F")]
    [InlineData("type 2, domain", "")]
    [InlineData("type 6, page", "PFf")]
    [InlineData("type 6, PASID", "PF")]
    [InlineData("type 6, other PASID", "PFpf")]
    public void Nested_translations_go_with_their_domain(string command, string left)
    {
        using VtdMachine m = Nested();
        m.Submit(command switch
        {
            "type 2, page" => VtdDescriptor.IotlbPages(m.Domain.Id, OnePage, leafOnly: true),
            "type 2, domain" => VtdDescriptor.IotlbDomain(m.Domain.Id),
            "type 6, page" => VtdDescriptor.PasidIotlbPages(m.Domain.Id, new(0), new(0x1000, 0)),
            "type 6, PASID" => VtdDescriptor.PasidIotlbAll(m.Domain.Id, new(0)),
            _ => VtdDescriptor.PasidIotlbAll(m.Domain.Id, new(1)),
        });
        Assert.Equal(left, CachedNested(m));
    }
}
