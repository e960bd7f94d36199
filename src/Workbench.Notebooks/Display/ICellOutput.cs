namespace Workbench.Notebooks.Display;

/// <summary>The two text streams of a cell.</summary>
public enum StreamName
{
    /// <summary>Standard output.</summary>
    Stdout,
    /// <summary>Standard error.</summary>
    Stderr,
}

/// <summary>Where one cell's outputs go, in the order in which they were made. Called from any thread, also after the cell has ended (late output).</summary>
public interface ICellOutput
{
    /// <summary>Text written to a stream.</summary>
    void Write(StreamName stream, string text);

    /// <summary>A value shown; one with an id can be replaced later.</summary>
    void Display(MimeBundle bundle, string? displayId);

    /// <summary>Replaces what was shown under an id, in whichever cell that was.</summary>
    void Update(MimeBundle bundle, string displayId);

    /// <summary>Takes away what the cell has shown so far; with wait, when its next output comes.</summary>
    void Clear(bool wait);

    /// <summary>A line typed by the user. Throws <see cref="InputNotAvailableException"/> where nobody can be asked.</summary>
    string ReadLine(string prompt, bool isPassword, CancellationToken cancellation);
}

/// <summary>A cell asked for input where nobody can be asked.</summary>
public sealed class InputNotAvailableException(string message) : IOException(message);
