namespace Workbench.Analysis;

/// <summary>A sentence that a notebook states and checks: one that does not hold stops the run, so that a notebook cannot go on claiming it.</summary>
public static class Claim
{
    /// <summary>Says the sentence if it holds; throws <see cref="ClaimException"/> if it does not.</summary>
    public static void That(string sentence, bool holds)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(sentence);
        if (!holds) throw new ClaimException($"The claim does not hold: {sentence}.");
        Console.WriteLine($"holds: {sentence}");
    }
}

/// <summary>A claim of a notebook that its results contradict.</summary>
public sealed class ClaimException(string message) : Exception(message);
