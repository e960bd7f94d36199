using Workbench.Iommu;
using Workbench.Iommu.Amd;
using Workbench.Iommu.RiscV;
using Workbench.Iommu.Smmu;
using Workbench.Iommu.Vtd;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;

namespace Workbench.Races.Reproduction;

/// <summary>Plays schedules on the engine of replays: the driver maps the scene, programs work on the very words that the IOMMU walks, accesses are translated by it.</summary>
public static class ScheduledRun
{
    /// <summary>Where the scene begins: 2 MiB of IOVAs from here.</summary>
    public const ulong FirstIova = 1UL << 30;
    /// <summary>Where its memory begins.</summary>
    public const ulong FirstPhysical = 1UL << 30;
    /// <summary>The device.</summary>
    public static RequesterId Device { get; } = new(0x0008);
    /// <summary>Its domain.</summary>
    public static DomainId Domain { get; } = new(1);

    /// <summary>Where a page of the scene begins.</summary>
    public static ulong IovaOf(int page) => FirstIova + ((ulong)page << 12);

    /// <summary>How much the scene of a schedule maps, from <see cref="FirstIova"/>.</summary>
    public static ulong BytesMapped(RaceSchedule schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        using IEngineRun run = Begin(schedule.ReadProtocol(), schedule.FindHardware(), new(schedule.Bounds.Pages, 1, schedule.Bounds.Rounds));
        return run.BytesMapped;
    }

    /// <summary>Plays a schedule to its end; <see cref="ArgumentException"/> names a step that cannot be played.</summary>
    public static PlayedSchedule Play(RaceSchedule schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        RaceProtocol protocol = schedule.ReadProtocol();
        HardwareRules hardware = schedule.FindHardware();
        RaceBounds bounds = new(schedule.Bounds.Pages, 1, schedule.Bounds.Rounds);
        if (RaceReproduction.Refusal(protocol, hardware, bounds) is { } refusal) throw new ArgumentException($"The schedule's protocol cannot be played: {refusal}");
        using IEngineRun run = Begin(protocol, hardware, bounds);
        List<PlayedStep> played = [];
        foreach (ScheduleStep step in schedule.Steps)
        {
            if (run.Broken != Search.RaceProperty.None) throw new ArgumentException($"The schedule's step {played.Count + 1}: nothing comes after a broken property ({run.Broken}).");
            try
            {
                played.Add(run.Do(step));
            }
            catch (ArgumentException e)
            {
                throw new ArgumentException($"The schedule's step {played.Count + 1} ({step.Kind}): {e.Message}", e);
            }
        }
        return new() { Broken = run.Broken, LostPages = [.. Enumerable.Range(0, bounds.Pages).Where(p => run.HasEnded && (run.Stale & ~run.Released & (1 << p)) != 0)], Faults = run.Faults, Steps = played };
    }

    internal static IEngineRun Begin(RaceProtocol protocol, HardwareRules hardware, RaceBounds bounds) => hardware.Model switch
    {
        "amd" => new EngineRun<AmdV1Format>(protocol, hardware, bounds),
        "vtd" => new EngineRun<VtdSecondStageFormat>(protocol, hardware, bounds),
        "smmu" => new EngineRun<ArmStage1Format<Granule4K>>(protocol, hardware, bounds),
        "riscv" => new EngineRun<RiscVFirstStageFormat>(protocol, hardware, bounds),
        _ => throw new ArgumentException($"No schedules are played on '{hardware.Model}'.", nameof(hardware)),
    };
}
