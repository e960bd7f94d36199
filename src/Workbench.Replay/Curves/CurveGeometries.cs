namespace Workbench.Replay.Curves;

/// <summary>Which shapes of IOTLB a curve is made for.</summary>
public enum CurveGeometries : byte
{
    /// <summary>Fully associative ones: any entry can hold any page.</summary>
    Fully,
    /// <summary>Set-associative ones of 1 to 16 ways, the set chosen by the low bits of the page's number.</summary>
    Sets,
    /// <summary>Both.</summary>
    All,
}
