namespace Workbench.Notebooks.Export;

/// <summary>A browser that is missing or failed while figures were exported; the message says which and what to do.</summary>
public sealed class ExportException(string message) : Exception(message);
