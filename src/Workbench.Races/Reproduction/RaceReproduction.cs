using Workbench.Iommu.LeafChanges;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Reproduction;

/// <summary>Whether what breaks a property in the fine model can be played on the engine of replays, and how.</summary>
/// <param name="Property">What breaks.</param>
/// <param name="Schedule">The shortest interleaving in the engine's own steps; null if there is none.</param>
/// <param name="Reason">Why there is none; empty if there is one.</param>
public sealed record RaceReproduction(RaceProperty Property, RaceSchedule? Schedule, string Reason)
{
    /// <summary>Can it be played?</summary>
    public bool IsReproducible => Schedule is not null;

    /// <summary>Looks for the shortest interleaving in the engine's steps that breaks what a counterexample breaks.</summary>
    public static RaceReproduction Of(RaceVerdict verdict, Counterexample counterexample, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        ArgumentNullException.ThrowIfNull(counterexample);
        RaceProperty property = counterexample.Property;
        if (property == RaceProperty.Stuck) return new(property, null, "Programs that never end have no last step to play.");
        if (Refusal(verdict.Protocol, verdict.Hardware, verdict.Bounds) is { } refusal) return new(property, null, refusal);
        bool isExhausted = true;
        // With fewer rounds there is less to tell.
        for (int rounds = 0; rounds <= verdict.Bounds.Rounds; rounds++)
        {
            RaceBounds bounds = verdict.Bounds with { Rounds = rounds };
            CoarseModel model = Model(verdict.Protocol, verdict.Hardware, bounds);
            BreadthFirst.Found found = BreadthFirst.Explore(model, new RaceOptions().MostStates, stopsAt: property == RaceProperty.LostPage ? property : RaceProperty.None, new(), cancel);
            isExhausted &= found.IsExhausted;
            if (!found.Broken.TryGetValue(property, out int number)) continue;
            ScheduleMaker maker = new();
            List<ScheduleStep> steps = [];
            foreach ((RaceState before, RaceStep step, RaceState after) in BreadthFirst.PathTo(model, found.Set, number)) steps.AddRange(maker.StepsOf(before, step, after));
            return new(property, ScheduleOf(verdict.Protocol, verdict.Hardware, bounds, property, steps), "");
        }
        return new(property, null, isExhausted ? "It takes a step of software or of another access between two steps of one walk, and the engine translates an access in one step." : "The search in the engine's steps met too many states.");
    }

    internal static CoarseModel Model(RaceProtocol protocol, HardwareRules hardware, RaceBounds bounds) => new(RaceChecker.Build(protocol, hardware, bounds, isReduced: true), hardware);

    internal static RaceSchedule ScheduleOf(RaceProtocol protocol, HardwareRules hardware, RaceBounds bounds, RaceProperty breaks, IReadOnlyList<ScheduleStep> steps) => new()
    {
        Version = RaceSchedule.CurrentVersion, Hardware = hardware.Name, Breaks = breaks, Bounds = new(bounds.Pages, bounds.Rounds), Protocol = ProtocolText.Of(protocol), Steps = steps,
    };

    /// <summary>Why a protocol cannot be played at all, or null.</summary>
    internal static string? Refusal(RaceProtocol protocol, HardwareRules hardware, RaceBounds bounds)
    {
        if (hardware.Without.Count > 0) return $"The engine keeps what this hardware was told to break ({string.Join(", ", hardware.Without)}).";
        if (protocol.Scene == Scene.Nested) return "Scenes of two stages are not played.";
        RaceInstruction[] statements = [.. ProgramCompiler.Compile(protocol, bounds).SelectMany(p => p)];
        if (statements.Any(i => i.Command is RaceCommand.SecondStage or RaceCommand.Combined)) return "Invalidations of one of two stages are not played.";
        if (hardware.LeafChange == LeafChangeRule.BreakBeforeMake && statements.Any(i => i.Value?.Kind == ValueKind.NonTranslating))
            return "The engine caches no block with nT on a part of BBML 0 either, where the architecture promises nothing about nT.";
        bool turnsTracking = protocol.StartsUntracked || statements.Any(i => i.Op is RaceOp.Tracking or RaceOp.ExpectUntracked || i.Command == RaceCommand.Context);
        return turnsTracking ? "The driver turns tracking on or off together with the invalidations that takes, in one step." : null;
    }
}
