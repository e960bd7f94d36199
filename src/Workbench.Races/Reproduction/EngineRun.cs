using Workbench.Iommu;
using Workbench.Iommu.Faults;
using Workbench.Iommu.PageTables;
using Workbench.Races.Hardware;
using Workbench.Races.Model;
using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races.Reproduction;

/// <summary>Devices, evictions and late updates of a run on the engine, and the truth about pages, which it keeps itself: payload is not simulated.</summary>
internal sealed partial class EngineRun<TFormat> : IEngineRun
    where TFormat : struct, IDirtyTrackingFormat
{
    private readonly RaceProtocol protocol;
    private readonly HardwareRules hardware;
    private readonly RaceBounds bounds;
    private readonly RaceInstruction[][] programs;
    private readonly EntryWords<TFormat> words;
    private readonly EngineScene<TFormat> scene;
    private readonly AgentState[] agents;
    private readonly Dictionary<int, int> inFlight = [];
    private readonly int[] credits;
    // Entries whose update of D is under way, a bit for each slot.
    private int late;
    private int lastAccess;
    private int ended;
    private bool hadTable;
    private bool isStopping;
    private bool isQuiet;

    public EngineRun(RaceProtocol protocol, HardwareRules hardware, RaceBounds bounds)
    {
        (this.protocol, this.hardware, this.bounds) = (protocol, hardware, bounds);
        programs = [.. ProgramCompiler.Compile(protocol, bounds).Select(p => p.ToArray())];
        words = new(protocol.Scene, bounds.Pages);
        scene = new(protocol, hardware, bounds, words);
        agents = new AgentState[programs.Length];
        credits = new int[bounds.Pages];
        hadTable = protocol.Scene != Scene.Block;
    }

    public ulong BytesMapped => scene.BytesMapped;
    public RaceProperty Broken { get; private set; }
    public int Stale { get; private set; }
    public int Recorded { get; private set; }
    public int Released { get; private set; }
    public int Faults { get; private set; }
    public bool HasEnded => !agents.Where((at, i) => at.Next < programs[i].Length).Any();

    public ulong ModelWord(int slot) => ToModel(scene[slot]);

    /// <summary>The engine's lower table lies where the driver put it, the model's at an address of its own.</summary>
    private ulong ToModel(ulong word) => word == scene.TableWord ? words.Word(words.Table) : word;

    private ulong ToEngine(ulong word) => word == words.Word(words.Table) ? scene.TableWord : word;

    public void Dispose() => scene.Dispose();

    public PlayedStep Do(ScheduleStep step)
    {
        ulong[] before = Entries();
        (RaceActor actor, string text) = step.Kind switch
        {
            ScheduleStepKind.Software => (RaceActor.Software, DoNext(ProgramOf(step))),
            ScheduleStepKind.Access => (RaceActor.Device, Access(step, isRequest: false)),
            ScheduleStepKind.Request => (RaceActor.Device, Access(step, isRequest: true)),
            ScheduleStepKind.Land => (RaceActor.Device, Land(step)),
            ScheduleStepKind.Execute => (RaceActor.Iommu, Execute(ProgramOf(step), Need(step.Command, "command"))),
            ScheduleStepKind.Publish => (RaceActor.Iommu, Publish()),
            _ => (RaceActor.Iommu, Evict(step)),
        };
        ulong[] after = Entries();
        return new(actor, text, [.. Enumerable.Range(0, after.Length).Where(i => before[i] != after[i]).Select(i => new EntryChange(i == Slots.Block ? "block" : $"leaf[{i - Slots.FirstLeaf}]", before[i], after[i]))]);
    }

    private ulong[] Entries()
    {
        ulong[] entries = new ulong[1 + bounds.Pages];
        for (int slot = 0; slot < entries.Length; slot++) entries[slot] = scene[slot];
        return entries;
    }

    private static int Need(int? value, string name) => value ?? throw new ArgumentException($"it has to say its '{name}'.");

    private int PageOf(ScheduleStep step) => Need(step.Page, "page") is int page && page >= 0 && page < bounds.Pages ? page : throw new ArgumentException($"page {step.Page}; there are 0 to {bounds.Pages - 1}.");

    private int ProgramOf(ScheduleStep step)
    {
        int program = step.Program ?? 0;
        return program >= 0 && program < programs.Length ? program : throw new ArgumentException($"program {program}; there are 0 to {programs.Length - 1}.");
    }

    private string Access(ScheduleStep step, bool isRequest)
    {
        int page = PageOf(step), number = Need(step.Access, "access");
        bool isWrite = isRequest || (step.Write ?? throw new ArgumentException("it has to say 'write': true or false."));
        if (number != ++lastAccess) throw new ArgumentException($"access {number} begins, but {lastAccess} is next: accesses are numbered in the order in which they begin.");
        if (isQuiet) throw new ArgumentException("the device was stopped and drained.");
        ulong block = scene[Slots.Block], leaf = scene[Slots.Leaf(page)];
        Translation translation = scene.Translate(page, isWrite);
        string what = isRequest ? $"request {number} for a translation to write page {page}" : $"access {number}, a {(isWrite ? "write" : "read")} of page {page}";
        if (translation.Fault != FaultKind.None) return $"{what}: {Fault(page, translation.Fault)}";
        string how = translation.Source switch
        {
            TranslationSource.Iotlb => "the IOTLB has it, so no entry is looked at",
            TranslationSource.DeviceTlb => "the device's own TLB has it, so no entry is looked at",
            TranslationSource.Rewalk => "cached as clean, so a walk",
            _ => "a walk",
        };
        bool isThroughFreed = scene.IsTableFreed && translation.Source is TranslationSource.Walk or TranslationSource.Rewalk && translation.PageLog2 < words.BlockLog2;
        if (isThroughFreed || translation.Physical != EngineScene<TFormat>.PhysicalOf(page))
        {
            Broken = RaceProperty.WrongTranslation;
            return $"{what}: {how} through a table that is someone else's memory by now, to 0x{translation.Physical:x}";
        }
        if (!isWrite && (Released & (1 << page)) != 0)
        {
            Broken = RaceProperty.WrongTranslation;
            return $"{what}: {how}, though the page is someone else's memory by now";
        }
        if (isWrite)
        {
            Earn(page);
            if (!isRequest) inFlight[number] = page;
            bool isBlock = translation.PageLog2 == words.BlockLog2;
            NoteLate(translation, isBlock ? Slots.Block : Slots.Leaf(page), isBlock ? block : leaf);
        }
        return $"{what}: {how}";
    }

    /// <summary>A write that walked to a clean leaf has its update of D under way.</summary>
    private void NoteLate(in Translation translation, int slot, ulong entry)
    {
        if (hardware.DirtyMayBeLate && !protocol.HasAts && translation.Source is TranslationSource.Walk or TranslationSource.Rewalk && !TFormat.IsDirty(entry)) late |= 1 << slot;
    }

    private string Fault(int page, FaultKind fault)
    {
        Faults++;
        if (fault == FaultKind.TlbConflict) Broken = RaceProperty.TlbConflict;
        else if ((ended & (1 << page)) == 0) Broken = RaceProperty.SpuriousFault;
        return $"fault, {fault}{(Broken == RaceProperty.None ? ", as is right" : "")}";
    }

    private void Earn(int page)
    {
        int pages = ReportedTogether(page);
        for (int each = 0; each < bounds.Pages; each++)
            if ((pages & (1 << each)) != 0) credits[each] = PageMarks.MostReports;
    }

    private int ReportedTogether(int page) =>
        protocol.Scene is Scene.Block or Scene.Run || programs.Any(p => p.Any(i => i.Slot == Slots.Block && i.Value is not null)) ? (1 << bounds.Pages) - 1 : 1 << page;

    private string Land(ScheduleStep step)
    {
        int number = Need(step.Access, "access");
        if (!inFlight.Remove(number, out int page)) throw new ArgumentException($"access {number} has no data on the way.");
        Earn(page);
        if ((Released & (1 << page)) != 0)
        {
            Broken = RaceProperty.WrongTranslation;
            return $"the data of access {number} land in page {page}, which is someone else's memory by now";
        }
        Stale |= 1 << page;
        if (HasEnded) Judge();
        return $"the data of access {number} land in page {page}";
    }

    private string Execute(int program, int command)
    {
        AgentState at = agents[program];
        if (command is < 0 or >= AgentState.MostCommands || at.Command(command) == RaceCommand.None || at.IsExecuted(command)) throw new ArgumentException($"program {program} has no command {command} that waits to be executed.");
        agents[program] = at.Execute(command);
        scene.Execute(at.Command(command), bounds.Pages);
        if (at.Command(command) != RaceCommand.DeviceTlb) Visible();
        return at.Command(command) switch
        {
            RaceCommand.Leaves => "the invalidation of leaves is executed",
            RaceCommand.DeviceTlb => "the invalidation of the device's TLB is executed",
            _ => "the invalidation is executed",
        };
    }

    private string Publish()
    {
        scene.Fence();
        Visible();
        return "late updates of D become visible";
    }

    private void Visible()
    {
        late = 0;
        if (scene.IsFreedTableWritten) Broken = RaceProperty.WrongTranslation;
    }

    private string Evict(ScheduleStep step)
    {
        switch (step.Kind)
        {
            case ScheduleStepKind.EvictTable:
                scene.EvictTable();
                return "the cached pointer to the table is evicted";
            case ScheduleStepKind.EvictDevice:
                scene.EvictDevice(PageOf(step));
                return $"the device evicts its translation of page {step.Page}";
            default:
                scene.Evict(PageOf(step), step.Small);
                return $"the cached translation of page {step.Page} is evicted";
        }
    }
}
