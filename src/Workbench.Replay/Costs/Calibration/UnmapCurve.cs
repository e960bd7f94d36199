using System.Globalization;

namespace Workbench.Replay.Costs.Calibration;

/// <summary>Time of an unmap with its invalidation: a fixed part (one command, the wait, the table) and so much for each further command.</summary>
/// <param name="FixedNs">With one command, ns.</param>
/// <param name="PerCommandNs">Each further command with the entry it is for, ns.</param>
public readonly record struct UnmapCurve(double FixedNs, double PerCommandNs)
{
    /// <summary>The sizes the curve is calibrated on, KiB: as few commands as there are, and as many. All others are predicted.</summary>
    public static IReadOnlyList<int> CalibratedOnKiB { get; } = [4, 1024];

    /// <summary>The time with so many commands (1 or more), its wait not counted, ns.</summary>
    public double TimeNs(int commands)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(commands, 1);
        return FixedNs + (PerCommandNs * (commands - 1));
    }

    /// <summary>The curve through two unmaps of different numbers of commands.</summary>
    public static UnmapCurve Through(int commands1, double ns1, int commands2, double ns2)
    {
        if (commands1 < 1 || commands1 >= commands2 || ns1 > ns2)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{ns1} ns with {commands1} commands and {ns2} ns with {commands2}: more commands must take as long or longer."));
        double perCommandNs = (ns2 - ns1) / (commands2 - commands1);
        return new(ns1 - (perCommandNs * (commands1 - 1)), perCommandNs);
    }
}
