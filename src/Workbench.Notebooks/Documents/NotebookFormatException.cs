namespace Workbench.Notebooks.Documents;

/// <summary>A file that is no notebook, or one that cannot be written as asked; the message names the file and the place in it.</summary>
public sealed class NotebookFormatException(string message, Exception? inner = null) : IOException(message, inner);
