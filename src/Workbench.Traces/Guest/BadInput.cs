namespace Workbench.Traces.Guest;

/// <summary>Decides what happens to a record that cannot be understood: an error, or counted and passed over.</summary>
internal sealed class BadInput(string name, bool skip)
{
    /// <summary>How many were passed over.</summary>
    public long Count { get; private set; }

    /// <summary>Reports one, with the byte of the file it stands at (of its chunk, where chunks are packed).</summary>
    public void Report(long offset, string problem)
    {
        if (!skip) throw new TraceFormatException($"{name} byte {offset}: {problem}, or skip bad records.");
        Count++;
    }
}
