using System.CommandLine;
using System.CommandLine.Parsing;
using Workbench.Cli.Commands;
using Workbench.Traces;

namespace Workbench.Cli;

/// <summary>The command tree and the one place where failures become exit codes: 0 done, 1 a check failed, 2 wrong input, 130 interrupted.</summary>
internal static class CommandLine
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
            TraceCommand.Create(),
            ValidateCommand.Create(),
        };
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            // A missing subcommand is only worth saying where nothing else is wrong.
            string[] messages = [.. parsed.Errors.Select(e => string.Join(' ', e.Message.Split(['\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries))).Distinct()];
            if (messages.Length > 1) messages = [.. messages.Where(m => !m.StartsWith("Required command", StringComparison.Ordinal))];
            string help = string.Join(' ', Path(parsed.CommandResult).Reverse().Prepend("workbench").Append("--help"));
            Console.Error.WriteLine($"workbench: {string.Join(' ', messages)} See '{help}'.");
            return WrongInput;
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is TraceFormatException or ArgumentException or NotSupportedException or InsufficientMemoryException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine("workbench: " + FirstLine(e.Message));
            return WrongInput;
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
    }

    private static IEnumerable<string> Path(CommandResult result)
    {
        for (SymbolResult? at = result; at is CommandResult { Command: not RootCommand } command; at = at.Parent) yield return command.Command.Name;
    }

    // ArgumentException appends " (Parameter 'x')", which means nothing to a user.
    private static string FirstLine(string message)
    {
        int parameter = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return parameter < 0 ? message : message[..parameter];
    }
}
