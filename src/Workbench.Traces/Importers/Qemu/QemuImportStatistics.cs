namespace Workbench.Traces.Importers.Qemu;

/// <summary>What the builder met on its way through a log.</summary>
internal sealed class QemuImportStatistics
{
    public QemuDialect Dialect { get; set; }
    public long Lines { get; set; }
    public long BadLines { get; set; }
    /// <summary>address_space_map lines that no translation followed: system memory.</summary>
    public long UntranslatedMaps { get; set; }
    /// <summary>Translations whose hit or fill line is missing.</summary>
    public long UnpairedTranslations { get; set; }
    public long? WorkBeginsNs { get; set; }
    public long? WorkEndsNs { get; set; }
}
