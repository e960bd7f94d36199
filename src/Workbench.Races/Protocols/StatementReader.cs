using Workbench.Races.Model;

namespace Workbench.Races.Protocols;

/// <summary>Reads one statement.</summary>
internal static class StatementReader
{
    /// <summary>A step, and the label a failed compare-and-swap goes to.</summary>
    internal readonly record struct Statement(RaceInstruction Instruction, string? ElseLabel);

    private static readonly string[] Verbs = ["load", "store", "swap", "clean", "protect", "cas", "record", "copy", "flush", "wait", "tracking", "stop", "drain", "unmap", "release", "free", "expect"];

    public static bool IsStatement(string word) => Verbs.Contains(word);

    /// <summary>Reads a line; <paramref name="page"/> is what p stands for, -1 outside a loop.</summary>
    public static Statement Read(string protocol, ProtocolLine line, int page, int pages)
    {
        Words words = new(protocol, line, page, pages);
        string verb = words.Next("a statement");
        RaceInstruction step = new(default, line.Number, page < 0 ? line.Text : Named(line.Text, page));
        string? label = null;
        switch (verb)
        {
            case "load":
                step = step with { Op = RaceOp.Load, Register = words.Register(), Slot = words.Place() };
                break;
            case "store":
                step = step with { Op = RaceOp.Store, Slot = words.Place(), Value = words.Value() };
                break;
            case "swap":
                step = step with { Op = RaceOp.Swap, Register = words.Register(), Slot = words.Place(), Value = words.Value() };
                break;
            case "clean":
                step = step with { Op = RaceOp.Clean, Register = words.IsRegister ? words.Register() : -1 };
                step = step with { Slot = words.Place() };
                break;
            case "protect":
                step = step with { Op = RaceOp.Protect, Slot = words.Place() };
                break;
            case "expect":
                words.Expect("untracked");
                step = step with { Op = RaceOp.ExpectUntracked };
                break;
            case "cas":
                step = step with { Op = RaceOp.CompareAndSwap, Slot = words.Place(), Register = words.Register(), Value = words.Value() };
                words.Expect("else");
                label = words.Next("a label");
                break;
            case "record":
                step = step with { Op = RaceOp.Record, Pages = words.Pages() };
                break;
            case "copy":
                step = words.TryTake("all") ? step with { Op = RaceOp.CopyAll } : step with { Op = RaceOp.Copy };
                break;
            case "flush":
                step = step with { Op = RaceOp.Submit, Command = words.TryTake("leaves") ? RaceCommand.Leaves : words.TryTake("device") ? RaceCommand.DeviceTlb : words.TryTake("context") ? RaceCommand.Context
                    : words.TryTake("stage2") ? RaceCommand.SecondStage : words.TryTake("combined") ? RaceCommand.Combined : RaceCommand.Everything };
                break;
            case "wait":
                step = step with { Op = RaceOp.Wait, Command = words.TryTake("unordered") ? RaceCommand.Fence : RaceCommand.FenceWrites };
                break;
            case "tracking":
                step = step with { Op = RaceOp.Tracking, On = words.TryTake("on") || !words.Take("off", "on or off") };
                break;
            case "stop":
                words.Expect("device");
                step = step with { Op = RaceOp.StopDevice };
                break;
            case "drain":
                words.Expect("device");
                step = step with { Op = RaceOp.DrainDevice };
                break;
            case "unmap":
                step = step with { Op = RaceOp.EndMapping, Pages = words.Pages() };
                break;
            case "release":
                step = step with { Op = RaceOp.Release, Pages = words.Pages() };
                break;
            case "free":
                words.Expect("table");
                step = step with { Op = RaceOp.FreeTable };
                break;
            default: throw words.Wrong($"there is no statement '{verb}', and no 'define {verb}'; there is: {string.Join(", ", Verbs)}, and for p, repeat, define, end, labels ('again:').");
        }
        step = step with { IfDirty = words.Conditions() };
        words.End();
        return new(step, label);
    }

    private static string Named(string text, int page) => text.Replace("[p]", $"[{page}]", StringComparison.Ordinal)
        .Replace("record p", $"record {page}", StringComparison.Ordinal).Replace("unmap p", $"unmap {page}", StringComparison.Ordinal)
        .Replace("release p", $"release {page}", StringComparison.Ordinal).Replace(", p)", $", {page})", StringComparison.Ordinal);
}
