using CsCheck;
using Workbench.Notebooks.Running;
using Xunit;

namespace Workbench.Notebooks.Tests.Running;

public sealed class ResultComparisonTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("workbench-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string? Difference(byte[] expected, byte[] found, string name = "t.csv")
    {
        string a = Path.Combine(folder, "a-" + name), b = Path.Combine(folder, "b-" + name);
        File.WriteAllBytes(a, expected);
        File.WriteAllBytes(b, found);
        return ResultComparison.FirstDifference(a, b);
    }

    private string? Difference(string expected, string found, string name = "t.csv") => Difference(System.Text.Encoding.UTF8.GetBytes(expected), System.Text.Encoding.UTF8.GetBytes(found), name);

    [Theory]
    [InlineData("a,b\n1,2\n", "a,b\n1,3\n", "row 2, column 2 'b': expected '2', found '3'.")]
    [InlineData("a,b\r\n1,2\r\n", "a,b\r\n1,3\r\n", "row 2, column 2 'b': expected '2\r', found '3\r'.")]
    [InlineData("a,b\n\"x,y\",2\n", "a,b\n\"x,y\",20\n", "row 2, column 2 'b': expected '2', found '20'.")]
    [InlineData("a,b\n1,2\n", "a,c\n1,2\n", "row 1, column 2: expected 'b', found 'c'.")]
    [InlineData("a,b\n1,2\n", "a,b\n1,2,3\n", "line 2: expected 2 columns, found 3")]
    [InlineData("a\n1\n", "a\n1\n2\n", "line 3: the expected file ends here, the new one goes on with '2'.")]
    [InlineData("a\n1\n2\n", "a\n1\n", "line 3: the new file ends here, the expected one goes on with '2'.")]
    [InlineData("", "a\n", "line 1: the expected file ends here, the new one goes on with 'a'.")]
    [InlineData("ü1\n", "ü2\n", "row 1, column 1: expected 'ü1', found 'ü2'.")]
    public void The_first_difference_of_a_table_names_row_and_column(string expected, string found, string says) => Assert.StartsWith(says, Difference(expected, found), StringComparison.Ordinal);

    [Fact]
    public void Other_files_are_compared_by_line_or_byte()
    {
        Assert.Equal("line 2: expected 'x', found 'y'.", Difference("a\nx\n", "a\ny\n", "t.json"));
        Assert.Equal("byte 2: expected 01, found the end of the file.", Difference([0, 7, 1], [0, 7], "t.parquet"));
    }

    [Fact]
    public void Files_are_the_same_exactly_when_their_bytes_are() => Gen.Select(Gen.OneOf<byte>(0, 10, 13, 44, 34, 65, 200).Array[0, 6], Gen.OneOf<byte>(0, 10, 13, 44, 34, 65, 200).Array[0, 6]).Sample((a, b) => (Difference(a, b) is null) == a.AsSpan().SequenceEqual(b), threads: 1);

    [Fact]
    public void Files_of_folders_in_the_folder_count()
    {
        Directory.CreateDirectory(Path.Combine(folder, "b"));
        File.WriteAllText(Path.Combine(folder, "b", "x.csv"), "");
        File.WriteAllText(Path.Combine(folder, "a.csv"), "");
        Assert.Equal(["a.csv", "b/x.csv"], ResultComparison.FilesOf(folder));
        Assert.Empty(ResultComparison.FilesOf(Path.Combine(folder, "none")));
    }
}
