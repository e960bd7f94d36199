using Workbench.Races.Model;

namespace Workbench.Races.Protocols;

/// <summary>Makes programs of a protocol's lines: unrolls what repeats, puts in what is defined, resolves labels, and finds out which registers are still read later.</summary>
internal static class ProgramCompiler
{
    private static readonly string[] Structure = ["program", "define", "repeat", "for", "end"];

    /// <summary>Is the line a step, and not structure, a label, the use of a definition or what is expected?</summary>
    public static bool IsStep(string[] words) => StatementReader.IsStatement(words[0]) && words[0] != "expect";

    public static IReadOnlyList<IReadOnlyList<RaceInstruction>> Compile(RaceProtocol protocol, RaceBounds bounds)
    {
        Dictionary<string, List<ProtocolLine>> definitions = [];
        List<List<ProtocolLine>> programs = [];
        for (int i = 0; i < protocol.Lines.Count; i++)
        {
            ProtocolLine line = protocol.Lines[i];
            if (line.Words[0] == "program") programs.Add([]);
            else if (line.Words[0] == "define")
            {
                if (line.Words.Length != 2 || StatementReader.IsStatement(line.Words[1]) || Structure.Contains(line.Words[1])) throw Wrong(protocol, line, "a definition has one name of its own: 'define harvest'.");
                int end = EndOf(protocol, protocol.Lines, i);
                definitions[line.Words[1]] = [.. protocol.Lines.Skip(i + 1).Take(end - i - 1)];
                i = end;
            }
            else if (programs.Count == 0) throw Wrong(protocol, line, "statements come after 'program'.");
            else programs[^1].Add(line);
        }
        if (programs.Count is 0 or > RaceState.MostAgents) throw new RaceFormatException(protocol.Name, (protocol.Lines.Where(l => l.Words[0] == "program").Skip(RaceState.MostAgents).FirstOrDefault() ?? protocol.Lines[0]).Number, $"{programs.Count} programs; 1 to {RaceState.MostAgents} can run side by side.");
        return [.. programs.Select(p => Finish(protocol, p, definitions, bounds))];
    }

    private static RaceFormatException Wrong(RaceProtocol protocol, ProtocolLine line, string problem) => new(protocol.Name, line.Number, $"'{line.Text}': {problem}");

    private static int EndOf(RaceProtocol protocol, IReadOnlyList<ProtocolLine> lines, int from)
    {
        int depth = 0;
        for (int i = from; i < lines.Count; i++)
        {
            if (lines[i].Words[0] is "define" or "repeat" or "for") depth++;
            if (lines[i].Words[0] == "end" && lines[i].Words.Length == 1 && --depth == 0) return i;
        }
        throw Wrong(protocol, lines[from], "there is no 'end' for it.");
    }

    private static List<RaceInstruction> Finish(RaceProtocol protocol, List<ProtocolLine> lines, Dictionary<string, List<ProtocolLine>> definitions, RaceBounds bounds)
    {
        List<(RaceInstruction Instruction, string? ElseLabel, int Scope)> made = [];
        Dictionary<(string, int), int> labels = [];
        int scopes = 0;
        Emit(lines, page: -1, scope: 0, depth: 0);
        if (made.Count > 250) throw new RaceFormatException(protocol.Name, lines.Count > 0 ? lines[0].Number : 1, $"a program of {made.Count} steps after unrolling; 250 can be explored. Use fewer pages or rounds.");
        RaceInstruction[] program = new RaceInstruction[made.Count];
        for (int i = 0; i < program.Length; i++)
        {
            (RaceInstruction instruction, string? label, int scope) = made[i];
            if (label is not null && !labels.TryGetValue((label, scope), out int target))
                throw new RaceFormatException(protocol.Name, instruction.Line, $"'{instruction.Text}': there is no label '{label}:' in the same block.");
            program[i] = label is null ? instruction : instruction with { Else = labels[(label, scope)] };
        }
        CheckCommands(protocol, program);
        return MarkLive(protocol, program);

        void Emit(IReadOnlyList<ProtocolLine> block, int page, int scope, int depth)
        {
            if (depth > 8) throw Wrong(protocol, block[0], "definitions use each other without end.");
            for (int i = 0; i < block.Count; i++)
            {
                ProtocolLine line = block[i];
                string first = line.Words[0];
                if (first is "repeat" or "for")
                {
                    int end = EndOf(protocol, block, i);
                    List<ProtocolLine> inner = [.. block.Skip(i + 1).Take(end - i - 1)];
                    if (first == "for" && (line.Words is not ["for", "p"] || page >= 0)) throw Wrong(protocol, line, "a loop over pages is 'for p', once.");
                    for (int n = 0; n < (first == "for" ? bounds.Pages : bounds.Rounds); n++) Emit(inner, first == "for" ? n : page, ++scopes, depth);
                    i = end;
                }
                else if (line.Words.Length == 1 && first.EndsWith(':')) labels[(first[..^1], scope)] = made.Count;
                else if (line.Words.Length == 1 && definitions.TryGetValue(first, out List<ProtocolLine>? body)) Emit(body, page, ++scopes, depth + 1);
                else
                {
                    StatementReader.Statement read = StatementReader.Read(protocol.Name, line, page, bounds.Pages);
                    CheckScene(protocol, line, read.Instruction);
                    made.Add((read.Instruction, read.ElseLabel, scope));
                }
            }
        }
    }

    /// <summary>What means nothing in a scene is refused: it would hold or break for no reason.</summary>
    private static void CheckScene(RaceProtocol protocol, ProtocolLine line, RaceInstruction instruction)
    {
        bool isNested = protocol.Scene == Scene.Nested;
        if (!isNested && (instruction.Slot == Slots.Guest || instruction.Command is RaceCommand.SecondStage or RaceCommand.Combined)) throw Wrong(protocol, line, "only 'scene nested' has two stages.");
        if (!protocol.HasAts && instruction.Command == RaceCommand.DeviceTlb) throw Wrong(protocol, line, "the device has no TLB of its own; write 'ats' in the head.");
    }

    private static void CheckCommands(RaceProtocol protocol, RaceInstruction[] program)
    {
        int waiting = 0;
        foreach (RaceInstruction instruction in program)
        {
            if (instruction.Op == RaceOp.Wait) waiting = 0;
            else if (instruction.Op == RaceOp.Submit && ++waiting >= AgentState.MostCommands)
                throw new RaceFormatException(protocol.Name, instruction.Line, $"'{instruction.Text}': {waiting} invalidations without a wait; at most {AgentState.MostCommands - 1} can be explored.");
        }
    }

    /// <summary>Registers nobody reads any more are emptied: states that differ only there are one.</summary>
    private static List<RaceInstruction> MarkLive(RaceProtocol protocol, RaceInstruction[] program)
    {
        int[] before = new int[program.Length + 1];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int i = program.Length - 1; i >= 0; i--)
            {
                RaceInstruction at = program[i];
                int after = before[i + 1] | (at.Op == RaceOp.CompareAndSwap ? before[at.Else] : 0);
                int here = (after & ~at.Fills) | at.Reads;
                program[i] = at with { LiveAfter = after };
                changed |= here != before[i];
                before[i] = here;
            }
        }
        if (before[0] != 0 && !protocol.LacksStep)
        {
            int register = System.Numerics.BitOperations.TrailingZeroCount(before[0]);
            RaceInstruction reader = program.First(i => (i.Reads & (1 << register)) != 0);
            throw new RaceFormatException(protocol.Name, reader.Line, $"'{reader.Text}': register {"abcd"[register]} may be read before anything fills it. Load, swap or clean into it first.");
        }
        return [.. program];
    }
}
