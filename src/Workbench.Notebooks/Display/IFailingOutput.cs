using Workbench.Notebooks.Sessions;

namespace Workbench.Notebooks.Display;

/// <summary>An output whose cell can still fail when its code has come back: by an exception in a thread of its own.</summary>
internal interface IFailingOutput
{
    /// <summary>Shows the error and makes the cell one that failed.</summary>
    void Fail(CellError error);
}
