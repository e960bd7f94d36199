using System.CommandLine;

namespace Workbench.Cli.Commands;

/// <summary>workbench trace …</summary>
internal static class TraceCommand
{
    public static Command Create() => new("trace", "Make, inspect, check and convert DMA traces.")
    {
        TraceImportCommand.Create(),
        TraceInfoCommand.Create(),
        TraceVerifyCommand.Create(),
        TraceGenerateCommand.Create(),
        TraceExportCommand.Create(),
    };
}
