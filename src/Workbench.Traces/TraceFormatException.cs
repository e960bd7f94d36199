namespace Workbench.Traces;

/// <summary>Wrong input: what was found, where, what is allowed and what to do. The command line turns it into exit code 2.</summary>
public sealed class TraceFormatException : Exception
{
    /// <summary>Creates the exception with a message a user can act on.</summary>
    public TraceFormatException(string message) : base(message) { }
    /// <summary>Creates the exception with the cause below it.</summary>
    public TraceFormatException(string message, Exception inner) : base(message, inner) { }
}
