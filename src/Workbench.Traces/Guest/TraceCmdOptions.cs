using System.Buffers.Binary;

namespace Workbench.Traces.Guest;

/// <summary>The options of a trace.dat that bear on time, the same in versions 6 and 7. Numbers from the trace-cmd.dat manual pages.</summary>
internal static class TraceCmdOptions
{
    /// <summary>Ends the options.</summary>
    public const int Done = 0;
    /// <summary>A trace instance's buffer.</summary>
    public const int Buffer = 3;
    /// <summary>Text in place of a ring buffer.</summary>
    public const int BufferText = 22;

    private const int Date = 1;
    private const int Clock = 4;
    private const int Offset = 7;
    private const int TimeShift = 12;
    private const int CyclesToNanoseconds = 14;

    private const int CycleFactorBytes = 16;
    private const int TimeShiftCpusOffset = 12;
    private const long DateUnitNs = 1000;

    /// <summary>Takes one option; those that do not bear on time are passed over.</summary>
    public static void Apply(int option, ReadOnlySpan<byte> data, TraceClock clock, TraceCmdBytes at)
    {
        switch (option)
        {
            case Clock:
                clock.Choose(data);
                break;
            case Date:
                Require(clock.TryShift(data, DateUnitNs), at, "DATE is no number of microseconds");
                break;
            case Offset:
                Require(clock.TryShift(data, 1), at, "OFFSET is no number of nanoseconds");
                break;
            case CyclesToNanoseconds:
                // The last eight bytes only line the clock up with that of other machines; trace-cmd report leaves them out too.
                Require(data.Length >= CycleFactorBytes && clock.TryScale(BinaryPrimitives.ReadUInt32LittleEndian(data), BinaryPrimitives.ReadUInt32LittleEndian(data[4..])), at, "TSC2NSEC has no 16 bytes or a shift above 63");
                break;
            case TimeShift:
                if (data.Length > TimeShiftCpusOffset && data[TimeShiftCpusOffset..].ContainsAnyExcept((byte)0))
                    throw at.Refusal("the option TIME_SHIFT asks for correction by another machine's clock, which is not supported. Feed the text of trace-cmd report instead");
                break;
            default:
                break;
        }
    }

    private static void Require(bool holds, TraceCmdBytes at, string problem)
    {
        if (!holds) throw at.Refusal($"the option {problem}. The file is damaged; copy it again");
    }
}
