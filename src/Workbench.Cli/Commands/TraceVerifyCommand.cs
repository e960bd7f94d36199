using System.CommandLine;
using System.Globalization;
using Workbench.Traces;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench trace verify</summary>
internal static class TraceVerifyCommand
{
    private const int ShownProblems = 20;

    public static Command Create()
    {
        Argument<string> trace = new("trace") { Description = "a .dmat file" };
        Command command = new("verify", "Check every byte of a trace; exit code 2 if any is damaged.") { trace };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(trace);
            DmatVerification v;
            using (FileStream file = OpenInput(path)) v = DmatVerifier.Verify(file, Path.GetFileName(path));
            if (v.IsGood)
            {
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{v.Name}: good, {v.GoodBlocks:n0} blocks, {v.Events:n0} events, {v.FileBytes:n0} bytes."));
                return CommandLine.Done;
            }
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"workbench: {v.Name}: damaged. {v.GoodBlocks:n0} good and {v.BadBlocks:n0} bad blocks, footer {v.Footer.ToString().ToLowerInvariant()}; {v.Events:n0} events can be read with --skip-bad."));
            foreach (DmatProblem problem in v.Problems.Take(ShownProblems)) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  byte {problem.Offset:n0}: {problem.Text}"));
            if (v.Problems.Count > ShownProblems) Console.Error.WriteLine($"  and {v.Problems.Count - ShownProblems} more");
            return CommandLine.WrongInput;
        });
        return command;
    }

    internal static FileStream OpenInput(string path)
    {
        if (Directory.Exists(path)) throw new TraceFormatException($"{path} is a folder; name a .dmat file in it.");
        if (!File.Exists(path)) throw new TraceFormatException($"{path}: there is no such file; name a .dmat file.");
        return new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
    }
}
