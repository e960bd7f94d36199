using Workbench.Iommu;

namespace Workbench.Traces.Guest;

/// <summary>Reads the kernel's name of a device.</summary>
internal static class DeviceName
{
    // "10000:e1:00.0" is the longest a PCI function's name gets; anything longer is another bus.
    private const int LongestPciName = 16;

    /// <summary>The PCI function of that name ("0000:00:01.0"), or null for a device of another bus ("9050000.smmuv3").</summary>
    public static RequesterId? ToRequester(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestPciName || !name.Contains((byte)':')) return null;
        Span<char> text = stackalloc char[name.Length];
        for (int i = 0; i < name.Length; i++) text[i] = (char)name[i];
        return RequesterId.TryParse(text, out RequesterId id) ? id : null;
    }
}
