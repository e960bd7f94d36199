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
}
