using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Workbench.Cli.Commands;
using Workbench.Races.Protocols;
using Workbench.Traces;

namespace Workbench.Cli;

/// <summary>The command tree and the one place where failures become exit codes: 0 done, 1 a check failed, 2 wrong input, 130 interrupted.</summary>
internal static partial class CommandLine
{
    public const int Done = 0;
    public const int CheckFailed = 1;
    public const int WrongInput = 2;
    public const int Interrupted = 130;

    public static int Run(string[] args)
    {
        RootCommand root = new("Replays recorded DMA traces through bit-accurate IOMMU models with dirty tracking.")
        {
            ReplayCommand.Create(),
            CompareCommand.Create(),
            PolicyCommand.Create(),
            CurveCommand.Create(),
            FootprintCommand.Create(),
            SweepCommand.Create(),
            RacesCommand.Create(),
            TraceCommand.Create(),
            ValidateCommand.Create(),
            BenchmarksCommand.Create(),
            NotebookCommand.Create(),
            KernelCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // A missing subcommand is only worth saying where nothing else is wrong.
            string[] messages = [.. parsed.Errors.Select(e => Plain(string.Join(' ', e.Message.Split(['\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries)))).Distinct()];
            if (messages.Length > 1) messages = [.. messages.Where(m => !m.StartsWith("Required command", StringComparison.Ordinal))];
            string help = string.Join(' ', Path(parsed.CommandResult).Reverse().Prepend("workbench").Append("--help"));
            Console.Error.WriteLine($"workbench: {string.Join(' ', messages)} See '{help}'.");
            return WrongInput;
        }
        // The library's own handling of signals fails at the second one, so it is switched off.
        using Interruption interruption = new(parsed.Action is AsynchronousCommandLineAction, endsByCtrlC: !KernelRunCommand.Is(parsed.CommandResult.Command));
        try
        {
            return parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, interruption.Token).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is TraceFormatException or RaceFormatException or ArgumentException or NotSupportedException or InsufficientMemoryException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine("workbench: " + FirstLine(e.Message));
            return WrongInput;
        }
        catch (OperationCanceledException e)
        {
            interruption.Say(e is InterruptedException ? e.Message : "interrupted.");
            return Interrupted;
        }
    }

    private static IEnumerable<string> Path(CommandResult result)
    {
        for (SymbolResult? at = result; at is CommandResult { Command: not RootCommand } command; at = at.Parent) yield return command.Command.Name;
    }

    // The library names the type of the runtime.
    private static string Plain(string message)
    {
        Match m = UnreadableValue().Match(message);
        if (!m.Success) return message;
        string value = m.Groups["value"].Value;
        return $"{m.Groups["option"].Value} '{value}': {(value.Length > 0 && value.All(char.IsAsciiDigit) ? "too large." : "a whole number is needed.")}";
    }

    [GeneratedRegex(@"^Cannot parse argument '(?<value>.*)' for option '(?<option>\S+)' as expected type '[^']*Int")]
    private static partial Regex UnreadableValue();

    // ArgumentException appends " (Parameter 'x')", which means nothing to a user.
    internal static string FirstLine(string message)
    {
        int parameter = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return parameter < 0 ? message : message[..parameter];
    }
}
