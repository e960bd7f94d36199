using CsCheck;
using Microsoft.Data.Analysis;
using Workbench.Notebooks.Display;
using Workbench.Notebooks.Languages;
using Workbench.Notebooks.Sessions;
using Workbench.Notebooks.Tests.Sessions;
using Xunit;

namespace Workbench.Notebooks.Tests.Languages;

public sealed class SqlLanguageTests : IDisposable
{
    private readonly TestNotebook notebook = new();

    public void Dispose() => notebook.Dispose();

    private IVariables Sql => (IVariables)(notebook.Session.Find("sql") ?? throw new InvalidOperationException());

    private async Task<DataFrame> Query(string sql)
    {
        await notebook.Value("#!sql --name result\n" + sql);
        return (DataFrame)(notebook.Session.Get("sql", "result") ?? throw new InvalidOperationException());
    }

    [Fact]
    public async Task Types_are_kept_and_sums_become_the_narrowest_exact_type()
    {
        DataFrame frame = await Query("select 1::bigint a, 2::ubigint b, 0.5::double c, 'x' d, true e, timestamp '2026-01-02 03:04:05' f, sum(i) g, 1.25::decimal(9,2) h, 18446744073709551615::hugeint i, 3::decimal(5,0) j from range(3) t(i)");
        Assert.Equal([typeof(long), typeof(ulong), typeof(double), typeof(string), typeof(bool), typeof(DateTime), typeof(long), typeof(double), typeof(ulong), typeof(long)], frame.Columns.Select(c => c.DataType));
        Assert.Equal([1L, 2UL, 0.5, "x", true, new DateTime(2026, 1, 2, 3, 4, 5), 3L, 1.25, ulong.MaxValue, 3L], frame.Rows[0]);
    }

    [Fact]
    public async Task Null_stays_null_in_both_directions()
    {
        await notebook.Value("var rows = new[] { (A: 1, 2) }.Select(_ => new { N = (int?)null, S = (string)null, D = (double?)1.5 }).ToArray();");
        DataFrame frame = await Query("select * from rows");
        Assert.Equal([null, null, 1.5], frame.Rows[0]);
    }

    [Fact]
    public async Task Several_statements_run_in_order_and_tables_and_views_stay()
    {
        await notebook.Value("var xs = new[] { 1, 2, 3 };");
        await notebook.Value("create table t(n int); insert into t select value from xs; create view v as select sum(value) s from xs -- ; no end\n;", "sql");
        await notebook.Value("xs = new[] { 10 };");
        DataFrame frame = await Query("select (select count(*) from t) n, s from v");
        Assert.Equal([3L, 10L], frame.Rows[0]);
    }

    [Fact]
    public async Task Every_query_of_a_cell_is_shown()
    {
        await notebook.Value("select 1 as one; select ';' as two", "sql");
        Assert.Contains("one", Assert.Single(notebook.Output.Shown).TextOf(MimeBundle.PlainText), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_are_read_from_the_notebooks_folder()
    {
        await File.WriteAllTextAsync(Path.Combine(notebook.Folder, "x.csv"), "a,b\n1,2.5\n", TestContext.Current.CancellationToken);
        await notebook.Value($"copy (select 7 as n) to '{notebook.Folder}/x.parquet' (format parquet)", "sql");
        Assert.Equal([1L, 2.5, 7], (await Query("select * from 'x.csv', 'x.parquet'")).Rows[0]);
    }

    [Fact]
    public async Task An_error_names_line_and_column_of_the_cell()
    {
        CellError error = await notebook.Error("#!sql\nselect 1;\nselect a,\n  zz from range(3) t(a)");
        Assert.Equal("SqlError", error.Name);
        Assert.Contains("zz", error.Message, StringComparison.Ordinal);
        Assert.Contains("(4,3): error:", string.Join('\n', error.Traceback), StringComparison.Ordinal);
        Assert.Contains("    \x20 zz from range(3) t(a)\n      ^", string.Join('\n', error.Traceback), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_variable_that_is_no_table_is_refused_with_what_would_be_one()
    {
        await notebook.Value("var number = 5;");
        CellError error = await notebook.Error("select * from number", "sql");
        Assert.Contains("'number' is Int32", error.Message, StringComparison.Ordinal);
        error = await notebook.Error("select * from nothing", "sql");
        Assert.Contains("nothing does not exist", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_can_become_a_table()
    {
        await notebook.Value("#!sql --as kept\nselect 5 as n");
        Assert.Equal([5], (await Query("select n from kept")).Rows[0]);
    }

    [Theory]
    [InlineData("0.0000000000123m", "0.0000000000123m")]
    [InlineData("79228162514264337593543950335m, 0.5m", "79228162514264337593543950335m")]
    [InlineData("0.1234567890123456789012345678m, -1000000m", "0.1234567890123456789012345678m")]
    [InlineData("1.50m, 1234567890123456.789m", "1234567890123456.789m")]
    [InlineData("0.123456789012345678901234567m", "0.123456789012345678901234567m")]
    public async Task Decimals_keep_their_digits_or_those_of_a_double(string values, string largest)
    {
        await notebook.Value($"var prices = new[] {{ {values} }};");
        object found = (await Query("select value from prices order by length(value::varchar) desc")).Columns[0].Cast<object>().MaxBy(v => Convert.ToDouble(v, System.Globalization.CultureInfo.InvariantCulture))!;
        decimal expected = decimal.Parse(largest.TrimEnd('m'), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal((double)expected, Convert.ToDouble(found, System.Globalization.CultureInfo.InvariantCulture), 1e-15 * (double)expected);
        if (found is decimal exact) Assert.Equal(expected, exact);
    }

    [Fact]
    public async Task Times_keep_their_100_ns_where_SQL_can()
    {
        await notebook.Value("var times = new[] { new DateTime(638_000_000_000_000_001) };");
        Assert.Equal(new DateTime(638_000_000_000_000_001), (await Query("select value from times")).Rows[0][0]);
        await notebook.Value("var far = new[] { new DateTime(638_000_000_000_000_010), DateTime.MaxValue };");
        Assert.Equal(new DateTime(638_000_000_000_000_010), (await Query("select value from far")).Rows[0][0]);
    }

    [Fact]
    public async Task Columns_that_differ_in_case_alone_are_refused_by_name()
    {
        await notebook.Value("var rows = new[] { new { a = 1, A = 2 } };");
        Assert.StartsWith("'rows' has the columns 'a' and 'A', which are one name in SQL", (await notebook.Error("select * from rows", "sql")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_table_is_said_once_in_our_words_and_once_in_DuckDBs()
    {
        CellError error = await notebook.Error("select *\nfrom nowhere", "sql");
        Assert.StartsWith("There is no variable or table named nowhere.\nCatalog Error: Table with name nowhere does not exist!", error.Message, StringComparison.Ordinal);
        Assert.Equal([error.Message, "(2,6): error: There is no variable or table named nowhere.", "    from nowhere", "         ^"], error.Traceback);
    }

    [Fact]
    public async Task A_name_without_rows_is_an_error()
    {
        CellError error = await notebook.Error("\n#!sql --name x\ncreate table t(n int)");
        Assert.Equal("Line 2: nothing to call 'x': the cell has no query that gives rows.", error.Message);
    }

    [Fact]
    public async Task A_long_query_is_interrupted_and_the_next_one_runs()
    {
        await Query("select 1 as n");
        using CancellationTokenSource interrupt = new();
        Task<CellOutcome> query = notebook.Session.RunAsync("select count(*) from range(1000000000) a, range(1000) b where a.range * b.range % 7 = 3", "sql", notebook.Output, interrupt.Token);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        await interrupt.CancelAsync();
        Assert.Equal(CellStatus.Interrupted, (await query).Status);
        Assert.Equal([2], (await Query("select 2 as n")).Rows[0]);
    }

    [Fact]
    public async Task Grouped_sums_of_random_frames_equal_those_of_LINQ() =>
        await Gen.Select(Gen.Int[0, 3], Gen.Long[-1000, 1000].Nullable(), Gen.Double[-1, 1]).Array[0, 30].SampleAsync(async rows =>
        {
            DataFrame frame = new(new Int32DataFrameColumn("k", rows.Select(r => r.Item1)), new Int64DataFrameColumn("n", rows.Select(r => r.Item2)), new DoubleDataFrameColumn("d", rows.Select(r => r.Item3)));
            await Sql.SetAsync("frame", frame, typeof(DataFrame));
            DataFrame found = await Query("select k, sum(n) s, count(*) c, max(d) m from frame group by k order by k");
            var expected = rows.GroupBy(r => r.Item1).OrderBy(g => g.Key).Select(g => new object?[] { g.Key, g.Any(r => r.Item2 is not null) ? g.Sum(r => r.Item2) : null, (long)g.Count(), g.Max(r => r.Item3) });
            Assert.Equal(expected, found.Rows.Select(r => r.ToArray()));
        }, iter: 40, threads: 1);
}
