using Workbench.Iommu.Vtd;
using Xunit;

namespace Workbench.Iommu.Tests;

/// <summary>What a batch tells its sink. That it translates as one request after the other does, the replay's models show.</summary>
public class TranslateBatchTests
{
    private static readonly RequesterId First = new(0x0010), Stranger = new(0x0018);

    private readonly record struct Access(RequesterId Device) : IDmaAccess
    {
        public uint PasidOrNone => DmaRequest.NoPasid;
        public ulong Iova => 0;
        public ulong Length => 64;
        public bool IsWrite => true;
    }

    private readonly struct Log(List<string> told) : IAccessSink<Access>
    {
        public bool Takes(in Access access) => true;
        public void Begins(in Access access) => told.Add($"begins {access.Device}");
        public void Done(in Access access) => told.Add($"done {access.Device}");
        public void Began(in Access access, in Translation first) => told.Add($"began {access.Device} {first.Fault != Faults.FaultKind.None}");
        public void Prefetch(in Access access) { }
    }

    [Fact]
    public void A_requester_that_comes_back_after_one_without_a_context_is_told_again()
    {
        using IIommuDriver driver = IommuCatalogue.Build(new() { Model = "vtd" });
        Domain domain = driver.CreateDomain(new(1));
        driver.Attach(First, null, domain);
        driver.Map(domain, 0, 0, 4096, Permission.ReadWrite, 12, new());
        List<string> told = [];
        Log log = new(told);
        Assert.Equal(4, driver.Hardware.TranslateBatch<Access, Log>([new(First), new(First), new(Stranger), new(First)], ref log));
        Assert.Equal([$"begins {First}", $"done {First}", $"done {First}", $"begins {Stranger}", $"began {Stranger} True", $"begins {First}", $"done {First}"], told);
    }

    private readonly record struct Place(RequesterId Device, ulong Iova, bool IsWrite) : IDmaAccess
    {
        public uint PasidOrNone => DmaRequest.NoPasid;
        public ulong Length => 64;
    }

    private readonly struct Faulted(List<ulong> at) : IAccessSink<Place>
    {
        public bool Takes(in Place access) => true;
        public void Begins(in Place access) { }
        public void Done(in Place access) { }
        public void Began(in Place access, in Translation first) => at.Add(access.Iova);
        public void Prefetch(in Place access) { }
    }

    /// <summary>What one stage walks to is told in a word, what two walk to is not: a batch takes both, in turn.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Requesters_of_one_stage_and_of_two_take_turns_in_a_batch_as_one_after_the_other(bool walkCaches)
    {
        using IommuDriver batched = OneStageAndTwo(walkCaches), single = OneStageAndTwo(walkCaches);
        Random random = new(7);
        // 1,024 pages, and as many after them that nobody mapped, now and then.
        Place[] accesses = [.. Enumerable.Range(0, 5000).Select(_ => new Place(random.Next(2) == 0 ? First : Stranger, (ulong)random.Next(random.Next(9) == 0 ? 2048 : 1024) << 12, random.Next(2) == 0))];
        List<ulong> faulted = [], expected = [];
        Faulted sink = new(faulted);
        Assert.Equal(accesses.Length, batched.Hardware.TranslateBatch<Place, Faulted>(accesses, ref sink));
        foreach (Place access in accesses)
        {
            single.Hardware.Translate(new(access.Device, access.Iova, access.IsWrite), out Translation translation);
            if (translation.Fault != Faults.FaultKind.None) expected.Add(access.Iova);
        }
        Assert.NotEmpty(expected);
        Assert.Equal(expected, faulted);
        Assert.Equal(single.Hardware.Counters, batched.Hardware.Counters);
        Assert.Equal(single.Hardware.DrainFaults(), batched.Hardware.DrainFaults());
    }

    private static IommuDriver OneStageAndTwo(bool walkCaches)
    {
        IommuDriver driver = VtdIommu.Build(new() { Iotlb = new() { Sets = 4, Ways = 4, WalkCaches = walkCaches } }, null, out _, out _, out VtdProtocol protocol);
        Domain domain = driver.CreateDomain(new(1));
        driver.Map(domain, 0, 0, 1024UL << 12, Permission.ReadWrite, 12, new());
        driver.Attach(First, null, domain);
        VtdNestedDomain guest = new(driver, protocol, domain, new(2));
        guest.Map(0, 0, 1024UL << 12);
        guest.Attach(Stranger, null);
        driver.SetDirtyTracking(domain, true);
        return driver;
    }
}
