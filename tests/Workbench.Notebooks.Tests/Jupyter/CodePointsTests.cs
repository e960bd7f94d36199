using System.Text;
using CsCheck;
using Workbench.Notebooks.Jupyter;
using Xunit;

namespace Workbench.Notebooks.Tests.Jupyter;

public sealed class CodePointsTests
{
    [Theory]
    [InlineData("abc", 2, 2)]
    [InlineData("😀bc", 1, 2)]
    [InlineData("a😀c", 2, 3)]
    [InlineData("e\u0301x", 2, 2)]
    [InlineData("abc", 99, 3)]
    [InlineData("abc", -1, 0)]
    public void A_position_in_code_points_becomes_one_in_utf16(string text, int codePoints, int expected)
    {
        Assert.Equal(expected, CodePoints.ToUtf16(text, codePoints));
    }

    [Fact]
    public void The_two_ways_of_counting_are_each_others_inverse()
    {
        string[] alphabet = ["a", "é", "😀", "\n", "中", "𝒳"];
        Gen<string> texts = Gen.Int[0, alphabet.Length - 1].List[0, 20].Select(parts => string.Concat(parts.Select(p => alphabet[p])));
        texts.Sample(text =>
        {
            Rune[] runes = [.. text.EnumerateRunes()];
            for (int i = 0; i <= runes.Length; i++)
            {
                int expected = runes.Take(i).Sum(r => r.Utf16SequenceLength);
                Assert.Equal(expected, CodePoints.ToUtf16(text, i));
                Assert.Equal(i, CodePoints.FromUtf16(text, expected));
            }
        });
    }
}
