namespace Workbench.Traces.Guest;

/// <summary>How a guest's kernel trace was recorded.</summary>
public enum GuestTraceFormat
{
    /// <summary>Text of tracefs's trace file or of trace-cmd report.</summary>
    FtraceText,
    /// <summary>Text of perf script.</summary>
    PerfScript,
    /// <summary>The binary file of trace-cmd record, version 6 or 7.</summary>
    TraceCmdDat,
}
