namespace Workbench.Notebooks.Pictures;

/// <summary>Places the bars of one subplot and direction: side by side, on top of each other or over each other, as layout.barmode says.</summary>
internal static class BarStacks
{
    public static void Place(IReadOnlyList<BarMarks> traces, Settings layout)
    {
        string mode = layout.Text("barmode") ?? "group";
        double step = SmallestStep(mode == "overlay" ? traces[0].Positions : traces.SelectMany(t => t.Positions));
        double room = step * (1 - Math.Clamp(layout.Number("bargap") ?? 0.2, 0, 1));
        List<string> groups = [];
        Dictionary<(double Position, bool Negative), double> ends = [];
        foreach (BarMarks trace in traces)
        {
            string group = mode == "group" ? trace.Settings.Text("offsetgroup") ?? $"\n{trace.Index}" : "";
            if (!groups.Contains(group)) groups.Add(group);
        }
        foreach (BarMarks trace in traces)
        {
            trace.Step = step;
            int slot = groups.IndexOf(mode == "group" ? trace.Settings.Text("offsetgroup") ?? $"\n{trace.Index}" : "");
            double share = room / groups.Count;
            double wide = share * (1 - Math.Clamp(layout.Number("bargroupgap") ?? 0, 0, 1));
            double shift = share * (slot - (groups.Count - 1) / 2.0);
            PerPoint widths = new(trace.Settings.Node("width")), offsets = new(trace.Settings.Node("offset")), bases = new(trace.Settings.Node("base"));
            for (int i = 0; i < trace.Positions.Length; i++)
            {
                double width = widths.Number(i) ?? wide;
                double left = trace.Positions[i] + (offsets.Number(i) ?? shift - width / 2);
                (trace.Lefts[i], trace.Rights[i]) = (left, left + width);
                double size = trace.Sizes[i], bottom = bases.Number(i) ?? 0;
                if (!bases.IsSet && mode is "stack" or "relative" && double.IsFinite(size))
                {
                    (double, bool) key = (trace.Positions[i], mode == "relative" && size < 0);
                    bottom = ends.GetValueOrDefault(key);
                    ends[key] = bottom + size;
                }
                (trace.Bottoms[i], trace.Tops[i]) = (bottom, bottom + size);
            }
        }
    }

    private static double SmallestStep(IEnumerable<double> positions)
    {
        double[] sorted = [.. positions.Where(double.IsFinite).Distinct().Order()];
        double smallest = double.PositiveInfinity;
        for (int i = 1; i < sorted.Length; i++) smallest = Math.Min(smallest, sorted[i] - sorted[i - 1]);
        return double.IsFinite(smallest) && smallest > 0 ? smallest : 1;
    }
}
