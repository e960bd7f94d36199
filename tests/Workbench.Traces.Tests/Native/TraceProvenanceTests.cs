using System.Text;
using Xunit;

namespace Workbench.Traces.Tests.Native;

public class TraceProvenanceTests
{
    [Fact]
    public void Json_round_trips() => Assert.Equal(Dmat.Provenance.ToJson(), TraceProvenance.FromJson(Dmat.Provenance.ToJson()).ToJson());

    [Fact]
    public void Members_of_later_versions_are_ignored() =>
        Assert.Equal("x", TraceProvenance.FromJson("""{"title":"x","invented":{"a":[1]}}"""u8).Title);

    [Theory]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"sources":null}""")]
    [InlineData("""{"title":5}""")]
    public void Wrong_json_is_a_format_exception(string json) =>
        Assert.Throws<TraceFormatException>(() => TraceProvenance.FromJson(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Every_problem_is_listed()
    {
        TraceProvenance wrong = new() { MigrationView = "hpa", RecordedIommu = "VT-d", RecordedMode = "fast", GuestMemory = [new() { Start = ulong.MaxValue, Length = 2 }] };
        Assert.Equal(4, wrong.Validate().Count);
        Assert.Empty(Dmat.Provenance.Validate());
    }

    [Fact]
    public void Members_that_are_absent_have_their_defaults_and_not_null()
    {
        TraceProvenance read = TraceProvenance.FromJson("{}"u8);
        Assert.Equal("", read.Title);
        Assert.Empty(read.Sources);
        Assert.Empty(read.Notes);
        Assert.Empty(read.GuestMemory);
    }
}
