using System.CommandLine;
using System.Runtime.InteropServices;
using Workbench.Notebooks.Jupyter;
using Workbench.Notebooks.Sessions;

namespace Workbench.Cli.Commands;

/// <summary>workbench kernel run, started by Jupyter</summary>
internal static class KernelRunCommand
{
    private const string Name = "run";

    /// <summary>Is this the command that serves a notebook? Ctrl-C interrupts its cell and leaves the kernel alive.</summary>
    public static bool Is(Command command) => command.Name == Name && command.Parents.Any(p => p.Name == KernelCommand.Name);

    public static Command Create()
    {
        Option<string> connectionFile = new("--connection-file") { Description = "the connection file that Jupyter wrote", Required = true };
        Command command = new(Name, "Serve one notebook; Jupyter starts this.") { connectionFile };
        command.SetAction(async (parsed, cancellation) =>
        {
            ConnectionInfo connection;
            try
            {
                connection = ConnectionInfo.Read(parsed.GetRequiredValue(connectionFile));
            }
            catch (InvalidDataException e)
            {
                throw new ArgumentException(e.Message, e);
            }
            using NotebookSession session = new(NotebookHost.Create(Directory.GetCurrentDirectory()) with
            {
                DisplayIdPrefix = Guid.NewGuid().ToString("N") + "-", AroundCell = cell => new KernelProgress(cell, TimeProvider.System),
            });
            using JupyterKernel kernel = new(session, connection, Console.Error);
            ParentWatch.Start(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), () => Environment.Exit(CommandLine.CheckFailed));
            using PosixSignalRegistration signal = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
            {
                context.Cancel = true;
                kernel.Interrupt();
            });
            await kernel.RunAsync(cancellation).ConfigureAwait(false);
            JupyterKernel.CloseTransport();
            // A cell that was interrupted may still run in the foreground of a thread it made; it must not keep the process.
            Environment.Exit(CommandLine.Done);
            return CommandLine.Done;
        });
        return command;
    }
}
