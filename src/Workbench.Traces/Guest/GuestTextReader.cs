using Workbench.Traces.Text;

namespace Workbench.Traces.Guest;

/// <summary>Reads the lines of one text dialect: what <see cref="FtraceTextReader"/> and <see cref="PerfScriptReader"/> have in common.</summary>
internal sealed class GuestTextReader<TDialect> : IDisposable where TDialect : struct, IGuestTextDialect
{
    private readonly LineReader lines;
    private readonly GuestEventBatch batch = new();
    private readonly GuestPayload payload;
    private readonly bool skipBad;

    public GuestTextReader(Stream stream, string name, bool skipBad)
    {
        lines = new(stream, name);
        payload = new(batch);
        this.skipBad = skipBad;
    }

    /// <summary>Lines passed over because they are of other events.</summary>
    public long OtherEvents { get; private set; }
    /// <summary>Lines passed over because they could not be understood.</summary>
    public long BadLines { get; private set; }

    /// <summary>The next event; false at the end.</summary>
    public bool TryRead(out GuestEvent guestEvent)
    {
        while (!batch.TryTake(out guestEvent))
        {
            if (!lines.TryRead(out ReadOnlySpan<byte> line)) return false;
            if (line.Trim((byte)' ').IsEmpty || line[0] == '#') continue;
            switch (TDialect.Split(line, out GuestLine parts))
            {
                case GuestLineKind.Event:
                    Read(parts);
                    break;
                case GuestLineKind.Lost:
                    Refuse(line, "events were lost, the trace has holes", "Record again with larger buffers or fewer events");
                    break;
                case GuestLineKind.Unknown:
                    Refuse(line, $"no event line; allowed is {TDialect.Form}", "Repair or remove the line");
                    break;
                default:
                    break;
            }
        }
        return true;
    }

    /// <summary>Gives the buffer back; the stream stays the caller's.</summary>
    public void Dispose() => lines.Dispose();

    private void Read(in GuestLine parts)
    {
        EventOrigin origin = new(parts.TimeNs, parts.Cpu, parts.ThreadId, lines.LineNumber);
        switch (payload.Read(origin, parts.Group, parts.Name, parts.Payload))
        {
            case EventVerdict.Other:
                OtherEvents++;
                break;
            case EventVerdict.Bad:
                // The payload alone: the whole line, shortened, would be little more than the task's column.
                Refuse(parts.Payload, batch.Problem, "Repair or remove the line");
                break;
            default:
                break;
        }
    }

    private void Refuse(ReadOnlySpan<byte> found, string problem, string advice)
    {
        if (!skipBad) throw new TraceFormatException($"{lines.Name} line {lines.LineNumber}: found {Excerpt.Of(found)}: {problem}. {advice}, or skip bad lines.");
        BadLines++;
    }
}
