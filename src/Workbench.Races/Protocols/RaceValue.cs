namespace Workbench.Races.Protocols;

/// <summary>An expression over registers that gives the word of an entry.</summary>
internal sealed record RaceValue(ValueKind Kind, int Number, IReadOnlyList<RaceValue> Of)
{
    public static RaceValue Register(int register) => new(ValueKind.Register, register, []);

    /// <summary>Registers that it reads, a bit each.</summary>
    public int Reads => Kind == ValueKind.Register ? 1 << Number : Of.Aggregate(0, (all, value) => all | value.Reads);
}
