using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Data.Analysis;

namespace Workbench.Notebooks.Formatters;

/// <summary>A frame as an HTML table: names with types, numbers to the right, no script and no colours of its own.</summary>
internal static class FrameHtml
{
    private const string Style = ".workbench-frame th,.workbench-frame td{padding:.2em .7em;vertical-align:top}.workbench-frame thead th{border-bottom:1px solid currentColor;white-space:nowrap}" +
        ".workbench-frame small,.workbench-frame i,.workbench-frame caption{opacity:.65;font-weight:normal}.workbench-frame caption{caption-side:bottom;text-align:left}.workbench-frame td[align=right]{font-variant-numeric:tabular-nums}";

    public static string Of(FrameTable table)
    {
        DataFrame frame = table.Frame;
        StringBuilder html = new();
        html.Append("<table class=\"workbench-frame\"><style>").Append(Style).Append("</style>\n<caption>").Append(table.Caption()).Append("</caption>\n<thead><tr><th align=\"right\"></th>");
        foreach (DataFrameColumn column in frame.Columns)
            html.Append("<th align=\"").Append(Align(column)).Append("\">").Append(WebUtility.HtmlEncode(column.Name)).Append("<br><small>").Append(WebUtility.HtmlEncode(FrameCell.TypeOf(column))).Append("</small></th>");
        html.Append("</tr></thead>\n<tbody>\n");
        foreach (long row in table.Rows())
        {
            html.Append("<tr><td align=\"right\"><small>").Append(row < 0 ? "…" : row.ToString(CultureInfo.InvariantCulture)).Append("</small></td>");
            foreach (DataFrameColumn column in frame.Columns)
            {
                object? value = row < 0 ? null : column[row];
                // Short names stay on one line, whatever dashes they hold.
                string wrap = value is string { Length: <= 32 } ? "\" nowrap=\"nowrap" : "";
                html.Append("<td align=\"").Append(Align(column)).Append(wrap).Append("\">").Append(row < 0 ? "…" : value is null ? "<i>null</i>" : WebUtility.HtmlEncode(FrameCell.Text(value))).Append("</td>");
            }
            html.Append("</tr>\n");
        }
        return html.Append("</tbody></table>").ToString();
    }

    private static string Align(DataFrameColumn column) => FrameCell.IsNumber(column) ? "right" : "left";
}
