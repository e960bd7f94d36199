using Workbench.Races.Protocols;
using Workbench.Races.Search;

namespace Workbench.Races;

/// <summary>A protocol that holds, without one of its steps: does it break?</summary>
/// <param name="Whole">The verdict on all of it.</param>
/// <param name="Step">The step left out.</param>
/// <param name="Without">The verdict without the step; null: what is left cannot be explored.</param>
public sealed record RaceMutation(RaceVerdict Whole, ProtocolLine Step, RaceVerdict? Without)
{
    /// <summary>Does leaving it out break something, or cannot be explored?</summary>
    public bool IsNeeded => Without is null || Without.Broken.Count > 0;

    /// <summary>Why the protocol says that the step may be left out, or null.</summary>
    public string? Reason => Whole.Protocol.ReasonToLeaveOut(Step.Number, Whole.Hardware.Name);

    /// <summary>Leaves out each step of a protocol on its own; nothing if it does not hold with all of them.</summary>
    public static IReadOnlyList<RaceMutation> Of(RaceVerdict whole, RaceOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(whole);
        if (!whole.Holds) return [];
        RaceOptions plain = (options ?? new()) with { FindsWhatItRestsOn = false, StopsAtFirst = true };
        return [.. whole.Protocol.Steps.Select(step => new RaceMutation(whole, step, Check(step)))];

        RaceVerdict? Check(ProtocolLine step)
        {
            try
            {
                return RaceChecker.Check(whole.Protocol.WithoutLine(step.Number), whole.Hardware, plain, cancel);
            }
            catch (RaceFormatException)
            {
                return null;
            }
        }
    }
}
