using System.CommandLine;
using System.Globalization;
using Workbench.Replay;
using Workbench.Traces.Native;

namespace Workbench.Cli.Commands;

/// <summary>workbench validate: recording here, costs in a file of its own.</summary>
internal static class ValidateCommand
{
    private const int ShownDifferences = 20;

    public static Command Create()
    {
        Argument<string> trace = new("trace") { Description = "a .dmat file imported from a QEMU log" };
        Command recording = new("recording", "Predict every recorded translation (hit or fill, leaf entry) and compare with what the recorder's IOMMU did.") { trace };
        recording.SetAction((parsed, cancellation) =>
        {
            using DmatReader reader = DmatFile.Open(parsed.GetRequiredValue(trace));
            RecordingValidation v;
            using (ProgressLine progress = new("events", reader.EventCount))
            {
                try
                {
                    v = RecordingValidator.Run(reader, progress.Report, cancellation);
                }
                catch (OperationCanceledException)
                {
                    throw new InterruptedException(string.Create(CultureInfo.InvariantCulture, $"interrupted after {progress.Done:n0} events; nothing was found out."));
                }
            }
            TextWriter to = Console.Out;
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Model {v.Model}, IOTLB {v.Iotlb} as the recorder's; emptied {v.FullFlushes:n0} times."));
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Hit or fill predicted: {v.HitOrFillAgrees:n0} of {v.Translations:n0} ({100.0 * v.HitOrFillAgrees / v.Translations:f4} %); recorded {v.RecordedHits:n0} hits, {v.Translations - v.RecordedHits:n0} fills."));
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(v.ComparesEntries ? "Leaf entries equal:   " : "Addresses equal:      ")} {v.LeafAgrees:n0} of {v.Translations:n0}."));
            foreach (RecordingDifference d in v.Differences.Take(ShownDifferences))
                to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  event {d.Event}, log line {d.SourceLine}, {d.TimeNs / 1e9:f6} s, IOVA {d.Iova}: {d.Text}"));
            if (v.Differences.Count > ShownDifferences) to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  and {v.Differences.Count - ShownDifferences} more"));
            return Task.FromResult(v.HitOrFillAgrees == v.Translations && v.LeafAgrees == v.Translations ? CommandLine.Done : CommandLine.CheckFailed);
        });
        return new("validate", "Check the models against recordings and measurements.") { recording, ValidateCostsCommand.Create() };
    }
}
