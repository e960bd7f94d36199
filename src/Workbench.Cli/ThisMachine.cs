using System.Runtime.InteropServices;

namespace Workbench.Cli;

/// <summary>The machine a benchmark ran on, as its results name it.</summary>
internal static class ThisMachine
{
    /// <summary>The processor as its system names it.</summary>
    public static string Processor { get; } =
        (File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() : null)
        ?? RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>Processors the system shows.</summary>
    public static int Processors => Environment.ProcessorCount;
}
