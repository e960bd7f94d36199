namespace Workbench.Races.Model;

/// <summary>What a submitted command invalidates, or waits for.</summary>
internal enum RaceCommand
{
    None,
    /// <summary>Leaf entries of the IOTLB.</summary>
    Leaves,
    /// <summary>The IOTLB and the walk cache.</summary>
    Everything,
    /// <summary>The device's TLB.</summary>
    DeviceTlb,
    /// <summary>The cached context.</summary>
    Context,
    /// <summary>The second stage's own entries (Arm's TLBI S2_IPA): not those that both stages made together.</summary>
    SecondStage,
    /// <summary>The entries that both stages made together (Arm's TLBI NH_ALL).</summary>
    Combined,
    /// <summary>Nothing: the wait itself.</summary>
    Fence,
    /// <summary>The wait, asking for writes already taken up to have landed (RISC-V's PW).</summary>
    FenceWrites,
}

/// <summary>One program: the next instruction, four registers, and up to four commands that no wait has covered yet.</summary>
internal readonly record struct AgentState(ulong Bits)
{
    /// <summary>Commands between two waits, the wait's own included.</summary>
    public const int MostCommands = 4;
    public const int Registers = 4;
    private const int RegistersAt = 8, CommandsAt = 40, CommandBits = 5, Executed = 16;

    public int Next => Bits.Get(0, 8);
    public AgentState At(int instruction) => new(Bits.With(0, 8, instruction));
    public AgentState Advance() => At(Next + 1);

    /// <summary>Number of the word in a register.</summary>
    public int Register(int register) => Bits.Get(RegistersAt + (register * 8), 8);
    public AgentState WithRegister(int register, int word) => new(Bits.With(RegistersAt + (register * 8), 8, word));
    /// <summary>Without what no later instruction reads.</summary>
    public AgentState Keeping(int registers)
    {
        ulong bits = Bits;
        for (int i = 0; i < Registers; i++)
            if ((registers & (1 << i)) == 0) bits = bits.With(RegistersAt + (i * 8), 8, 0);
        return new(bits);
    }

    public RaceCommand Command(int at) => (RaceCommand)(Bits.Get(CommandsAt + (at * CommandBits), CommandBits) & (Executed - 1));
    public bool IsExecuted(int at) => (Bits.Get(CommandsAt + (at * CommandBits), CommandBits) & Executed) != 0;

    public AgentState Submit(RaceCommand command)
    {
        for (int at = 0; at < MostCommands; at++)
            if (Command(at) == RaceCommand.None) return new(Bits.With(CommandsAt + (at * CommandBits), CommandBits, (int)command));
        throw new System.Diagnostics.UnreachableException("A program submits more commands between two waits than its parser lets it.");
    }

    public AgentState Execute(int at) => new(Bits.With(CommandsAt + (at * CommandBits), CommandBits, (int)Command(at) | Executed));
    public AgentState WithoutCommands() => new(Bits.With(CommandsAt, MostCommands * CommandBits, 0));
}
