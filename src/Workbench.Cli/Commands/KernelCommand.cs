using System.CommandLine;
using System.Globalization;
using Workbench.Notebooks.Jupyter;

namespace Workbench.Cli.Commands;

/// <summary>workbench kernel …</summary>
internal static class KernelCommand
{
    public const string Name = "kernel";

    private const string DefaultName = "workbench-csharp";

    public static Command Create() => new(Name, "Install and run the Jupyter kernel of C# notebooks.") { Install(), List(), Uninstall(), KernelRunCommand.Create() };

    private static Command Install()
    {
        Option<string> name = NameOption();
        Option<string> displayName = new("--display-name") { Description = "the name shown to people", DefaultValueFactory = _ => "C# (IOMMU Workbench)" };
        Option<bool> replace = new("--replace") { Description = "put it in the place of one of the same name" };
        Place place = new();
        Command command = new("install", "Make the kernel known to Jupyter: VS Code, JupyterLab, nbconvert, papermill.") { name, displayName, replace };
        place.AddTo(command);
        command.SetAction(parsed =>
        {
            KernelSpec spec = new() { Name = parsed.GetRequiredValue(name), DisplayName = parsed.GetRequiredValue(displayName), Arguments = Arguments() };
            Console.Out.WriteLine("installed " + spec.Install(place.Folder(parsed), parsed.GetValue(replace)));
            return CommandLine.Done;
        });
        return command;
    }

    private static Command List()
    {
        Command command = new("list", "Show where the kernel is installed.");
        command.SetAction(_ =>
        {
            IReadOnlyList<(string Name, string DisplayName, string Folder)> found = KernelSpec.List(KernelFolders.OfThisMachine.Searched());
            if (found.Count == 0) Console.Out.WriteLine("The kernel is not installed; 'workbench kernel install' does it.");
            foreach ((string name, string displayName, string folder) in found) Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-20} {displayName,-24} {folder}"));
            return CommandLine.Done;
        });
        return command;
    }

    private static Command Uninstall()
    {
        Option<string> name = NameOption();
        Place place = new();
        Command command = new("uninstall", "Take the kernel away from Jupyter.") { name };
        place.AddTo(command);
        command.SetAction(parsed =>
        {
            Console.Out.WriteLine("removed " + KernelSpec.Uninstall(place.Folder(parsed), parsed.GetRequiredValue(name)));
            return CommandLine.Done;
        });
        return command;
    }

    private static Option<string> NameOption() => new("--name") { Description = "the name notebooks ask for; papermill knows C# as .net-csharp", DefaultValueFactory = _ => DefaultName };

    // As a tool this is an executable of its own, in a checkout a library that dotnet runs.
    private static string[] Arguments()
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is unknown.");
        bool isHosted = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] start = isHosted ? [program, typeof(KernelCommand).Assembly.Location] : [program];
        return [.. start, "kernel", "run", "--connection-file", "{connection_file}"];
    }

    // Where kernelspecs go: the user's folder unless one of three options says otherwise.
    private sealed class Place
    {
        private readonly Option<bool> user = new("--user") { Description = "for this user (the default)" };
        private readonly Option<string> prefix = new("--prefix") { Description = "below DIR/share/jupyter", HelpName = "DIR" };
        private readonly Option<bool> active = new("--sys-prefix") { Description = "in the active Python environment (VIRTUAL_ENV or CONDA_PREFIX)" };

        public void AddTo(Command command)
        {
            command.Add(user);
            command.Add(prefix);
            command.Add(active);
        }

        public string Folder(ParseResult parsed)
        {
            KernelFolders folders = KernelFolders.OfThisMachine;
            string? below = parsed.GetValue(prefix);
            bool isActive = parsed.GetValue(active);
            if ((parsed.GetValue(user) ? 1 : 0) + (below is null ? 0 : 1) + (isActive ? 1 : 0) > 1) throw new ArgumentException("--user, --prefix and --sys-prefix exclude each other; give one.");
            if (below is not null) return folders.Below(Path.GetFullPath(below));
            if (!isActive) return folders.User;
            return folders.ActiveEnvironment ?? throw new ArgumentException("--sys-prefix: no Python environment is active (neither VIRTUAL_ENV nor CONDA_PREFIX is set); use --user or --prefix.");
        }
    }
}
