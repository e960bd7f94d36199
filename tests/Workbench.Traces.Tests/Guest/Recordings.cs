using System.Text;
using SharpCompress.Compressors.Xz;
using Workbench.Traces.Guest;
using Workbench.Traces.Importers;
using Xunit;

namespace Workbench.Traces.Tests.Guest;

/// <summary>Finds recordings: excerpts in the repository, whole ones in the folder that WORKBENCH_RECORDINGS names.</summary>
internal static class Recordings
{
    private const string FolderVariable = "WORKBENCH_RECORDINGS";

    public static string[] ExcerptNames => [.. Directory.GetFiles(ExcerptFolder, "*.txt").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public static byte[] Excerpt(string name) => System.IO.File.ReadAllBytes(Path.Combine(ExcerptFolder, name));

    public static Stream OpenExcerpt(string name) => new MemoryStream(Excerpt(name));

    /// <summary>The whole recording, unpacked into memory; skips the test where the folder or the file is missing.</summary>
    public static MemoryStream OpenWhole(string name)
    {
        MemoryStream unpacked = new();
        using FileStream packed = System.IO.File.OpenRead(PathOf(name + ".xz"));
        using XZStream xz = new(packed);
        xz.CopyTo(unpacked);
        unpacked.Position = 0;
        return unpacked;
    }

    /// <summary>A whole recording as it lies in the folder; skips the test where the folder or the file is missing.</summary>
    public static InputFile File(string packedName) => new(PathOf(packedName));

    private static string PathOf(string packedName)
    {
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        Assert.SkipWhen(string.IsNullOrEmpty(folder), $"{FolderVariable} is not set; it names the folder of the whole recordings ({packedName} is wanted).");
        string path = Path.Combine(folder!, packedName);
        Assert.SkipUnless(System.IO.File.Exists(path), $"{path} is missing.");
        return path;
    }

    public static MemoryStream Text(params string[] lines) => new(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));

    public static List<GuestEvent> ReadAll(IGuestEventReader reader)
    {
        List<GuestEvent> events = [];
        while (reader.TryRead(out GuestEvent guestEvent)) events.Add(guestEvent);
        return events;
    }

    public static GuestEvent Single(string line)
    {
        using FtraceTextReader reader = new(Text(line), "t.txt");
        return Assert.Single(ReadAll(reader));
    }

    private static string ExcerptFolder
    {
        get
        {
            string? folder = AppContext.BaseDirectory;
            while (folder is not null && !System.IO.File.Exists(Path.Combine(folder, "Workbench.sln"))) folder = Path.GetDirectoryName(folder);
            return Path.Combine(folder ?? throw new DirectoryNotFoundException("No folder above the tests holds Workbench.sln."), "tests", "data", "excerpts");
        }
    }
}
