using System.Collections.Concurrent;
using Workbench.Races.Hardware;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Tests;

/// <summary>Verdicts on shipped protocols, each searched for once whatever the number of tests that ask: within the usual bounds, and without the rules they rest on.</summary>
internal static class KnownVerdicts
{
    private static readonly ConcurrentDictionary<(string Protocol, string Hardware), Lazy<RaceVerdict>> Found = [];

    /// <summary>How they are searched for.</summary>
    public static RaceOptions Options { get; } = new() { FindsWhatItRestsOn = false };

    /// <summary>The verdict on a protocol of the catalogue on hardware of the catalogue; others are refused, which may have the same names.</summary>
    // Not cancelled with the test that asks first: others want it too.
    public static RaceVerdict On(RaceProtocol protocol, HardwareRules hardware)
    {
        if (!ReferenceEquals(protocol, RaceCatalogue.Find(protocol.Name)) || !ReferenceEquals(hardware, HardwareCatalogue.Find(hardware.Name)))
            throw new ArgumentException($"{protocol.Name} on {hardware.Name} is not of the catalogue.");
        return Found.GetOrAdd((protocol.Name, hardware.Name), _ => new(() => RaceChecker.Check(protocol, hardware, Options))).Value;
    }

    /// <summary>Keeps what a whole table found, for tests that come later.</summary>
    public static void Keep(RaceTable table)
    {
        foreach (RaceVerdict verdict in table.Verdicts) Found.TryAdd((verdict.Protocol.Name, verdict.Hardware.Name), new(verdict));
    }
}
