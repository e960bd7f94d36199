using Workbench.Display;

namespace Workbench.Races.Output;

/// <summary>What each step of protocols that hold is good for, as text of at most 80 columns.</summary>
public static class MutationText
{
    /// <summary>A block for each protocol: its steps down, hardware across, each cell the verdict without the step; then why steps may be left out.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<RaceMutation> mutations)
    {
        ArgumentNullException.ThrowIfNull(mutations);
        bool isFirst = true;
        foreach (IGrouping<string, RaceMutation> protocol in mutations.GroupBy(m => m.Whole.Protocol.Name))
        {
            if (!isFirst) yield return "";
            isFirst = false;
            string[] hardware = [.. protocol.Select(m => m.Whole.Hardware.Name).Distinct()];
            foreach (string line in TextGrid.Lines(protocol.Key + " without", hardware, protocol.GroupBy(m => m.Step.Number).Select(step => (NameOf(step.First()), CellsOf(step))))) yield return line;
            foreach (IGrouping<(int Line, string? Reason), RaceMutation> step in protocol.Where(m => !m.IsNeeded).GroupBy(m => (m.Step.Number, m.Reason)))
                foreach (string line in PlainTable.Wrap($"Line {step.Key.Line} may be left out on {string.Join(", ", step.Select(m => m.Whole.Hardware.Name))}: {step.Key.Reason ?? "the protocol does not say why"}.", RaceText.Width)) yield return line;

            string[] CellsOf(IEnumerable<RaceMutation> step) =>
                [.. hardware.Select(h => step.FirstOrDefault(m => m.Whole.Hardware.Name == h) is { } m ? m.Without is { } without ? RaceText.Cell(without) : "needed" : RaceText.NotMeant)];
        }
    }

    private static string NameOf(RaceMutation mutation) => $"{mutation.Step.Number,3} {mutation.Step.Text}";
}
