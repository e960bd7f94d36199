using System.CommandLine;
using System.Globalization;
using Workbench.Replay.Costs.Calibration;

namespace Workbench.Cli.Commands;

/// <summary>workbench validate costs</summary>
internal static class ValidateCostsCommand
{
    private const int Width = 80;

    public static Command Create()
    {
        Option<string> format = new("--format") { Description = "what to print: table or json", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("table", "json");
        Command command = new("costs", "Compare the cost models with published measurements: calibrate on a few points, predict the others, show every residual.") { format };
        command.SetAction(parsed => Show(Console.Out, CostValidation.Run(CalibrationData.Measured), parsed.GetValue(format) == "json"));
        return command;
    }

    /// <summary>Prints the comparison and returns the exit code.</summary>
    internal static int Show(TextWriter to, CostValidation validation, bool asJson)
    {
        if (asJson) to.WriteLine(validation.ToJson());
        else
        {
            foreach (LatencyCheck latency in validation.Latency) Print(to, latency);
            Print(to, validation.Unmap);
            to.WriteLine(validation.Holds ? "All curves hold." : "NOT ALL CURVES HOLD: see the verdicts above.");
        }
        return validation.Holds ? CommandLine.Done : CommandLine.CheckFailed;
    }

    private static void Print(TextWriter to, LatencyCheck check)
    {
        string windows = string.Join(" and ", LatencyCurve.CalibratedOn);
        to.WriteLine($"Latency that translation adds to a random DMA read, {check.Platform} ({check.Source})");
        Say(to, $"added(N) = D * max(0, 1 - C/N), calibrated on N = {windows} pages only: C = {check.Entries:f1} entries, D = {check.MissNs:f1} ns. Engine: misses of the modelled IOTLB with {check.EngineEntries} entries, random replacement, times D; shown without a limit.");
        to.WriteLine($"{"pages",8}{"measured",11}{"model",9}{"residual",10}{"engine",10}{"residual",10}");
        foreach (LatencyPoint p in check.Points)
        {
            string note = p.IsCalibrated ? "  calibrated" : p.IsGated ? "" : "  no limit";
            to.WriteLine(Text($"{p.Pages,8}{p.MeasuredNs,8:f0} ns{p.ModelNs,9:f1}{Signed(p.ResidualNs, 1),10}{p.EngineNs,10:f1}{Signed(p.EngineResidualNs, 1),10}{note}"));
        }
        Say(to, $"Largest |residual| predicted from {LatencyCheck.FromPages} pages up: {check.WorstNs:f1} ns; the limit is {LatencyCheck.LimitNs:f0} ns: {Verdict(check.Holds)}");
        to.WriteLine();
    }

    private static void Print(TextWriter to, UnmapCheck check)
    {
        string sizes = string.Join(" and ", UnmapCurve.CalibratedOnKiB.Select(k => Size(k)));
        to.WriteLine($"Time of an unmap by its size, {check.Platform} ({check.Source})");
        Say(to, $"time = fixed + per command * (commands - 1), calibrated on {sizes} only: {check.FixedNs:f0} ns and {check.PerCommandNs:f1} ns. Leaves and commands (without CMD_SYNC) are what the modelled SMMUv3 driver issued, profile linux, no range invalidation.");
        to.WriteLine($"{"size",8}{"leaves",9}{"commands",10}{"measured",11}{"model",9}{"residual",10}");
        foreach (UnmapPoint p in check.Points)
            to.WriteLine(Text($"{Size(p.KiB),8}{p.Leaves,9}{p.Commands,10}{p.MeasuredUs,8:f1} us{p.ModelUs,9:f2}{Signed(p.ResidualUs, 2),10}{(p.IsCalibrated ? "  calibrated" : "")}"));
        Say(to, $"Largest |residual| predicted: {100 * check.WorstPart:f0} % of what was measured; without a limit, since the shape counts.");
        Say(to, $"Sizes in the measured order: {(check.OrderHolds ? "yes" : "NO")}. Step down at {Size(UnmapCheck.StepKiB)}: measured {check.MeasuredStep:f1}-fold, model {check.ModelStep:f1}-fold; the limit is a factor of {UnmapCheck.StepFactorLimit:f1}: {Verdict(check.Holds)}");
        to.WriteLine();
    }

    private static string Verdict(bool holds) => holds ? "HOLDS" : "FAILS";

    private static string Size(int kiB) => kiB >= 1024 ? Text($"{kiB / 1024}M") : Text($"{kiB}K");

    private static string Signed(double value, int digits)
    {
        double rounded = Math.Round(value, digits);
        string text = Math.Abs(rounded).ToString("f" + digits, CultureInfo.InvariantCulture);
        return rounded == 0 ? text : (rounded < 0 ? "-" : "+") + text;
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static void Say(TextWriter to, FormattableString text)
    {
        foreach (string line in ReplayTable.Wrap(Text(text), Width)) to.WriteLine(line);
    }
}
