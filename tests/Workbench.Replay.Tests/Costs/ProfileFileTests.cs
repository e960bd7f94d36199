using Workbench.Replay.Costs;
using Workbench.Testing;
using Xunit;

namespace Workbench.Replay.Tests.Costs;

public class ProfileFileTests
{
    [Fact]
    public void A_profile_that_is_gone_when_the_trace_ends_was_read_before()
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".json");
        File.Copy(Repository.PathOf("data", "profiles", "xeon-vtd.json"), file);
        try
        {
            ReplayResult result = Replayer.Run(Small.InIova with { CostProfile = file }, Small.Trace().At(1000).Write(0).Build(), progress: _ => File.Delete(file), cancellation: TestContext.Current.CancellationToken);
            Assert.False(File.Exists(file));
            Assert.Equal(CostProfiles.Find("xeon-vtd")[Cost.ScanEntryNs] * result.EntriesScanned, result.Costs.Rows.Single(r => r.Name == "entries scanned").TotalNs);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
