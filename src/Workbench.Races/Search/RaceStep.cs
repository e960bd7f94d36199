namespace Workbench.Races.Search;

/// <summary>One step: what, by whom (access, agent or cached entry), and what of it.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="Who">The access, the agent or the command's agent.</param>
/// <param name="Page">The page, the cached entry, or the command's place in its queue.</param>
/// <param name="What">For an access, what it is for; for others what the kind says.</param>
internal readonly record struct RaceStep(StepKind Kind, int Who, int Page, int What);
