using Apache.Arrow;
using CsCheck;
using Microsoft.Data.Analysis;
using Workbench.Analysis.Formats;
using Workbench.Traces;
using Xunit;

namespace Workbench.Analysis.Tests;

public sealed class TablesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A table as a naive list: names, types, and rows of boxed values.</summary>
    private sealed record Naive(string[] Names, Type[] Types, object?[][] Columns)
    {
        public override string ToString() => string.Join('\n', Names.Select((n, i) => $"{n}: {Types[i].Name} = {string.Join(" | ", Columns[i].Select(v => v is null ? "null" : $"'{v}'"))}"));
    }

    private static Gen<object?[]> Values<T>(Gen<T> gen, int rows) where T : struct => Gen.OneOf(gen.Select(v => (object?)v), Gen.Const((object?)null)).Array[rows];

    private static Gen<T> Choice<T>(params T[] items) => Gen.Int[0, items.Length - 1].Select(i => items[i]);

    private static readonly Gen<string> Texts = Gen.OneOf(Choice("", " ", "a,b", "\"", "a\"\"b", "line\nline", "\r\n", "null", "1", "true", "é µ 漢 😀", "NaN"), Gen.String[Gen.Char[' ', '~'], 0, 8]);
    private static readonly Gen<double> Doubles = Gen.OneOf(Gen.Double, Choice(0.0, -0.0, 1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue, 1e21, 0.1));

    private static readonly (Type Type, Func<int, Gen<object?[]>> Column)[] Kinds =
    [
        (typeof(bool), n => Values(Gen.Bool, n)), (typeof(sbyte), n => Values(Gen.SByte, n)), (typeof(byte), n => Values(Gen.Byte, n)), (typeof(short), n => Values(Gen.Short, n)), (typeof(ushort), n => Values(Gen.UShort, n)),
        (typeof(int), n => Values(Gen.Int, n)), (typeof(uint), n => Values(Gen.UInt, n)), (typeof(long), n => Values(Gen.OneOf(Gen.Long, Choice(long.MinValue, long.MaxValue)), n)),
        (typeof(ulong), n => Values(Gen.OneOf(Gen.ULong, Gen.Const(ulong.MaxValue)), n)), (typeof(float), n => Values(Gen.OneOf(Gen.Float, Choice(float.NaN, -0f, 0.1f)), n)), (typeof(double), n => Values(Doubles, n)),
        (typeof(string), n => Gen.OneOf(Texts.Select(t => (object?)t), Gen.Const((object?)null)).Array[n]),
    ];

    private static readonly Gen<Naive> Generated =
        from rows in Gen.Int[0, 12]
        from kinds in Gen.Int[0, Kinds.Length - 1].Array[1, 5]
        from columns in Seq([.. kinds.Select(k => Kinds[k].Column(rows))])
        from odd in Choice("", ",", "\"q\"", "é")
        select new Naive([.. kinds.Select((_, i) => $"c{i}{odd}")], [.. kinds.Select(k => Kinds[k].Type)], columns);

    private static Gen<object?[][]> Seq(Gen<object?[]>[] gens) => gens.Aggregate(Gen.Const(System.Array.Empty<object?[]>()), (all, next) => all.SelectMany(a => next.Select(n => (object?[][])[.. a, n])));

    private sealed class Making(string name, object?[] values) : IColumnVisitor<DataFrameColumn>
    {
        public DataFrameColumn Values<T>() where T : unmanaged, IParsable<T>, IEquatable<T> => ColumnTypes.Create(name, values.Select(v => (T?)v).ToArray());

        public DataFrameColumn Texts() => new StringDataFrameColumn(name, values.Cast<string?>()!);
    }

    private static DataFrame FrameOf(Naive table) => new(table.Names.Select((n, i) => ColumnTypes.Visit(table.Types[i], n, new Making(n, table.Columns[i]))));

    private static void AssertSame(Naive expected, DataFrame actual)
    {
        Assert.Equal(expected.Names, actual.Columns.Select(c => c.Name));
        Assert.Equal(expected.Types, actual.Columns.Select(c => c.DataType));
        for (int i = 0; i < expected.Names.Length; i++)
        {
            Assert.Equal(expected.Columns[i].Length, actual.Columns[i].Length);
            for (int row = 0; row < expected.Columns[i].Length; row++) Assert.Equal(Exactly(expected.Columns[i][row]), Exactly(actual.Columns[i][row]));
        }
    }

    // Equal doubles may differ in the sign of 0.
    private static object? Exactly(object? value) => value switch { double d => BitConverter.DoubleToInt64Bits(d), float f => BitConverter.SingleToInt32Bits(f), _ => value };

    [Theory]
    [InlineData(".parquet")]
    [InlineData(".arrow")]
    [InlineData(".csv")]
    public void What_was_written_comes_back_and_the_same_frame_gives_the_same_bytes(string extension)
    {
        string path = folder["property" + extension], again = folder["again" + extension];
        Generated.Sample(table =>
        {
            DataFrame frame = FrameOf(table);
            frame.Write(path);
            frame.Write(again);
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(again));
            AssertSame(table, extension == ".csv" ? Tables.ReadCsv(path, Tables.TypesOf(frame)) : Tables.Read(path));
        }, iter: 150, threads: 1);
    }

    [Fact]
    public void A_record_batch_and_back_is_the_same_frame()
    {
        Generated.Sample(table =>
        {
            using RecordBatch batch = FrameOf(table).ToRecordBatch();
            AssertSame(table, batch.ToFrame());
        }, iter: 150, threads: 1);
    }

    [Fact]
    public void A_csv_file_without_types_gets_the_first_type_that_holds_all()
    {
        string path = folder["inferred.csv"];
        File.WriteAllText(path, "flag,whole,large,real,text,bare,nothing,longer\ntrue,-1,18446744073709551615,1.5,\"1\",vtd,,99999999999999999999\r\n,2,1,2,\"\",,,1\n");
        DataFrame frame = Tables.Read(path);
        Assert.Equal([typeof(bool), typeof(long), typeof(ulong), typeof(double), typeof(string), typeof(string), typeof(string), typeof(string)], frame.Columns.Select(c => c.DataType));
        Assert.Equal([true, -1L, ulong.MaxValue, 1.5, "1", "vtd", null, "99999999999999999999"], frame.Columns.Select(c => c[0]));
        Assert.Equal([null, 2L, 1UL, 2.0, "", null, null, "1"], frame.Columns.Select(c => c[1]));
    }

    [Fact]
    public void Csv_is_written_in_full_and_in_the_invariant_culture()
    {
        string path = folder["golden.csv"];
        new DataFrame(new Int64DataFrameColumn("n", [1L, null]), new DoubleDataFrameColumn("x", [0.1, 5]), new StringDataFrameColumn("a,b", ["say \"hi\"", null!]), new BooleanDataFrameColumn("ok", [true, false])).Write(path);
        Assert.Equal("n,x,\"a,b\",ok\n1,0.1,\"say \"\"hi\"\"\",true\n,5.0,,false\n", File.ReadAllText(path));
    }

    [Fact]
    public void What_cannot_be_kept_is_refused_by_name()
    {
        string path = folder["refused"];
        DataFrame dates = new(new DateTimeDataFrameColumn("when", [new DateTime(2020, 1, 1)]));
        foreach (string extension in (string[])[".csv", ".parquet", ".arrow"])
        {
            Assert.Contains("'when'", Assert.Throws<NotSupportedException>(() => dates.Write(path + extension)).Message, StringComparison.Ordinal);
            Assert.Contains("'t' row 0", Assert.Throws<ArgumentException>(() => new DataFrame(new StringDataFrameColumn("t", ["\ud800"])).Write(path + extension)).Message, StringComparison.Ordinal);
            Assert.False(File.Exists(path + extension));
            Assert.Throws<TraceFormatException>(() => Tables.Read(path + extension));
        }
        Assert.Contains(".parquet", Assert.Throws<ArgumentException>(() => dates.Write("x.xlsx")).Message, StringComparison.Ordinal);
        File.WriteAllText(path + ".parquet", "no parquet at all");
        File.WriteAllText(path + ".arrow", "no arrow at all");
        Assert.Contains("refused.parquet", Assert.Throws<TraceFormatException>(() => Tables.Read(path + ".parquet")).Message, StringComparison.Ordinal);
        Assert.Contains("refused.arrow", Assert.Throws<TraceFormatException>(() => Tables.Read(path + ".arrow")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1\n", "line 2: 1 cell where the header has 2")]
    [InlineData("a\n\"x\n", "line 2: a quote is opened and never closed")]
    [InlineData("a\n\"x\"y\n", "line 2: 'y' after a closing quote")]
    public void Broken_csv_is_refused_with_its_line(string text, string message)
    {
        string path = folder["broken.csv"];
        File.WriteAllText(path, text);
        Assert.Contains(message, Assert.Throws<TraceFormatException>(() => Tables.ReadCsv(path)).Message, StringComparison.Ordinal);
    }
}
