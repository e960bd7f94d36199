using System.CommandLine;
using System.Globalization;
using Workbench.Traces;
using Workbench.Traces.Importers;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench trace import</summary>
internal static class TraceImportCommand
{
    public static Command Create()
    {
        Option<string?> qemu = new("--qemu") { Description = "QEMU's log of the device side (VT-d, AMD-Vi or SMMUv3 events), plain or .xz .zst .gz" };
        Option<string?> guest = new("--ftrace", "--guest") { Description = "the guest kernel's trace: ftrace text, trace-cmd report text, trace-cmd .dat, or perf script text" };
        Option<string?> csv = new("--csv") { Description = "events as CSV in the columns of docs/trace-format.md" };
        Option<string> output = new("--out", "-o") { Description = "the .dmat file to write", Required = true };
        Option<string> title = new("--title") { Description = "one line that names the trace", DefaultValueFactory = _ => "" };
        Option<string?> sidecar = new("--sidecar") { Description = "the recording's JSON description: title, guest memory, and hashes that the files are checked against" };
        Option<string?> view = new("--migration-view") { Description = "gpa or iova: the addresses a migration of this guest tracks" };
        Option<string[]> memory = new("--guest-memory") { Description = "a guest memory range START+LENGTH, e.g. 0+2G; may be given more than once", AllowMultipleArgumentsPerToken = false };
        Option<string?> license = new("--license") { Description = "the licence of the recording" };
        Option<bool> skipBad = new("--skip-bad") { Description = "count and drop lines that cannot be understood" };
        Option<bool> infer = new("--infer-accesses") { Description = "guest trace alone: take each unmap as an access of its mapping (flagged as inferred)" };
        Command command = new("import", "Import a recording into a .dmat trace; with both sides given, join them.") { qemu, guest, csv, output, title, sidecar, view, memory, license, skipBad, infer };
        view.AcceptOnlyFromAmong("gpa", "iova");
        command.SetAction(parsed =>
        {
            string target = parsed.GetRequiredValue(output);
            RecordingSidecar? described = parsed.GetValue(sidecar) is { } path ? RecordingSidecar.Read(path) : null;
            ImportOptions options = new()
            {
                Qemu = parsed.GetValue(qemu) is { } q ? new(q) : null,
                Guest = parsed.GetValue(guest) is { } g ? new(g) : null,
                Csv = parsed.GetValue(csv) is { } c ? new(c) : null,
                SkipBad = parsed.GetValue(skipBad),
                InferAccesses = parsed.GetValue(infer),
                Title = parsed.GetValue(title) is { Length: > 0 } given ? given : described?.Title ?? "",
                HowMade = Describe(parsed),
                Tool = ToolVersion.Text,
                MigrationView = parsed.GetValue(view),
                GuestMemory = parsed.GetValue(memory) is { Length: > 0 } ranges ? [.. ranges.Select(ByteSize.ParseRange)] : described?.GuestMemory ?? [],
                License = parsed.GetValue(license),
            };
            ImportReport report;
            using (DmatWriter writer = DmatFile.Create(target)) report = TraceImport.Run(options, writer);
            described?.Check(report.Provenance);
            Print(report, target);
            return CommandLine.Done;
        });
        return command;
    }

    private static string Describe(ParseResult parsed) => "workbench " + string.Join(' ', parsed.Tokens.Select(t => t.Value.Contains('/', StringComparison.Ordinal) ? Path.GetFileName(t.Value) : t.Value));

    private static void Print(ImportReport report, string target)
    {
        TextWriter to = Console.Out;
        if (report.Provenance.Join is { } join)
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Clock offset {join.OffsetNs / 1e9:f6} s, moving by {join.DriftNs / 1000.0:n0} us over the run ({join.Method}; {join.PairedUnmaps:n0} unmaps paired)."));
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{join.InsideLiveMapping:n0} of {join.Accesses:n0} translations lie inside a live mapping."));
            if (report.WindowTranslations > 0) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"In the work window (mark 2 to 9): {report.WindowInside:n0} of {report.WindowTranslations:n0}."));
        }
        foreach (TraceInference inference in report.Provenance.Inferences) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Inferred: {inference.Count:n0} {inference.What}."));
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Wrote {target} ({new FileInfo(target).Length:n0} bytes)."));
    }
}
