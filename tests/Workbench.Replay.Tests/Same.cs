using Xunit;

namespace Workbench.Replay.Tests;

/// <summary>Compares results.</summary>
internal static class Same
{
    /// <summary>Record by record; the lists of a record compare by reference, so each is compared by itself.</summary>
    public static void Result(ReplayResult expected, ReplayResult actual)
    {
        Assert.Equal(expected.Harvests, actual.Harvests);
        Assert.Equal(expected.MissedPages, actual.MissedPages);
        Assert.Equal(expected.FirstFaults, actual.FirstFaults);
        Assert.Equal(expected.Notes, actual.Notes);
        Assert.Equal(expected.Costs.Rows, actual.Costs.Rows);
        Assert.Equal(expected, actual with { Costs = expected.Costs, Harvests = expected.Harvests, MissedPages = expected.MissedPages, FirstFaults = expected.FirstFaults, Notes = expected.Notes });
    }
}
