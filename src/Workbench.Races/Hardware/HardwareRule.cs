namespace Workbench.Races.Hardware;

/// <summary>One thing that hardware promises, or may do, as one vendor words it.</summary>
/// <param name="Subject">What it is about.</param>
/// <param name="Text">The rule in our words.</param>
/// <param name="Source">Document and section.</param>
/// <param name="Standing">How well it is known.</param>
public sealed record HardwareRule(RuleSubject Subject, string Text, string Source, Standing Standing);
