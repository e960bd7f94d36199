using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Reproduction;
using Workbench.Races.Search;
using Xunit;
namespace Workbench.Races.Tests;
#pragma warning disable xUnit1051
public sealed class ScratchTests
{
    [Fact]
    public void Report()
    {
        using StreamWriter o = new("/tmp/h5-report.txt");
        foreach (RaceProtocol p in RaceCatalogue.Protocols)
            foreach (HardwareRules h in HardwareCatalogue.All.Where(h => RaceTable.Concerns(p, h)))
            {
                RaceVerdict v = RaceChecker.Check(p, h, new() { FindsWhatItRestsOn = false }, default);
                foreach (Counterexample c in v.Broken)
                {
                    RaceReproduction r = RaceReproduction.Of(v, c, default);
                    string s = r.Reason;
                    if (r.Schedule is { } sch) { PlayedSchedule q = ScheduledRun.Play(sch); s = (q.Broken == c.Property ? "ok" : "MISMATCH " + q.Broken) + " fine " + c.Steps.Count + " coarse " + sch.Steps.Count; }
                    o.WriteLine($"{p.Name} {h.Name} {c.Property}: {s}");
                }
                if (p.Name == "no-flush" && h.Name == "amd") foreach (var c in v.Broken) { var sch = RaceReproduction.Of(v, c).Schedule!; o.WriteLine(sch.ToJson()); foreach (var st in ScheduledRun.Play(sch).Steps) o.WriteLine($"{st.Actor} {st.Text} {string.Join(", ", st.Changes.Select(x => $"{x.Entry} {x.Before:x} -> {x.After:x}"))}"); }
            }
    }
}
