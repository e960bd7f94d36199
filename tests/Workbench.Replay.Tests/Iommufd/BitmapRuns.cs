using Workbench.Replay.Iommufd;

namespace Workbench.Replay.Tests.Iommufd;

internal static class BitmapRuns
{
    /// <summary>The bits set in a buffer, as runs from..to.</summary>
    public static string Runs(this UserBitmap bitmap)
    {
        List<string> runs = [];
        for (long bit = 0; bit < bitmap.ByteCount * 8L; bit++)
        {
            if ((bit & 7) == 0 && bitmap.Bytes[(int)(bit >> 3)] == 0)
            {
                bit += 7;
                continue;
            }
            if (!bitmap[bit]) continue;
            long first = bit;
            while (bit + 1 < bitmap.ByteCount * 8L && bitmap[bit + 1]) bit++;
            runs.Add(first == bit ? $"{first}" : $"{first}..{bit}");
        }
        return string.Join(' ', runs);
    }
}
