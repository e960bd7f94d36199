using Workbench.Display;

namespace Workbench.Replay.Display;

/// <summary>What ran: program, trace, experiment and the files that came of it, with their hashes.</summary>
internal sealed class RunManifestDisplay : IDisplay<RunManifest>
{
    private const int ShownHash = 12;

    /// <inheritdoc/>
    public static void Describe(RunManifest value, ICard card)
    {
        card.Title("Run", value.Trace);
        card.Facts([new("tool", value.Tool), new("format", Quantity.Count(value.Format)), Hash("trace sha256", value.TraceSha256), Hash("experiment sha256", value.ExperimentSha256)]);
        ExperimentDisplay.DescribeSettings(value.Experiment, card);
        card.Fold(Quantity.Count(value.Files.Count, "file"), inner => inner.Facts(value.Files.Select(file => Hash(file.Key, file.Value))));
    }

    private static Fact Hash(string name, string hash) => hash.Length <= ShownHash ? new(name, hash) : new(name, hash[..ShownHash] + "…", hash);
}
