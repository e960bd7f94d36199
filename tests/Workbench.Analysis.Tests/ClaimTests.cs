using Xunit;

namespace Workbench.Analysis.Tests;

// Alone, since it looks at what the whole process writes.
[CollectionDefinition(nameof(ClaimTests), DisableParallelization = true)]
[Collection(nameof(ClaimTests))]
public sealed class ClaimTests
{
    private static string Written(Action action)
    {
        TextWriter before = Console.Out;
        using StringWriter written = new();
        Console.SetOut(written);
        try
        {
            action();
        }
        finally
        {
            Console.SetOut(before);
        }
        return written.ToString();
    }

    [Fact]
    public void A_claim_that_holds_is_said() => Assert.Equal("holds: no page is lost" + Environment.NewLine, Written(() => Claim.That("no page is lost", true)));

    [Fact]
    public void A_claim_that_does_not_hold_stops_the_run_and_is_not_said()
    {
        ClaimException? error = null;
        string written = Written(() => error = Assert.Throws<ClaimException>(() => Claim.That("no page is lost", false)));
        Assert.Equal("The claim does not hold: no page is lost.", error?.Message);
        Assert.Equal("", written);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("", true)]
    [InlineData(" \n", false)]
    public void A_claim_that_says_nothing_is_refused_whether_it_holds_or_not(string? sentence, bool holds) =>
        Assert.Equal("", Written(() => Assert.Equal("sentence", Assert.ThrowsAny<ArgumentException>(() => Claim.That(sentence!, holds)).ParamName)));
}
