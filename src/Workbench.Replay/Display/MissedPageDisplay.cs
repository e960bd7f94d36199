using Workbench.Display;

namespace Workbench.Replay.Display;

/// <summary>A missed page as a sentence: where, when, by whom, and which step lost it.</summary>
internal sealed class MissedPageDisplay : IDisplay<MissedPage>
{
    /// <inheritdoc/>
    public static void Describe(MissedPage value, ICard card) => card.Verdict(isGood: false, $"Missed in domain {value.Domain}: {value}. Cause: {value.Cause}.");
}
