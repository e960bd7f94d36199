using Microsoft.Data.Analysis;
using Microsoft.DotNet.Interactive.Formatting;
using Plotly.NET;
using Workbench.Notebooks.Display;

namespace Workbench.Notebooks.Formatters;

/// <summary>Tells Interactive.Formatting how charts and frames are shown, so that <c>ToDisplayString</c> gives what a cell shows.</summary>
internal static class HouseFormatters
{
    /// <summary>Registers the formatters; a formatter registered later, by a cell, wins over these.</summary>
    public static void Register()
    {
        // On the base type: a chart's own type is one of two nested ones.
        Formatter.Register<GenericChart>(chart => ChartFormatter.Figure(chart).ToJsonString(), ChartFormatter.PlotlyMime);
        Formatter.Register<GenericChart>(chart => ChartFormatter.Html(FigureJson.Of(chart)), MimeBundle.Html);
        Formatter.Register<GenericChart>(chart => ChartFormatter.Text(FigureJson.Of(chart)), MimeBundle.PlainText);
        Formatter.SetPreferredMimeTypesFor(typeof(GenericChart), ChartFormatter.PlotlyMime, MimeBundle.Html, MimeBundle.PlainText);
        Formatter.Register<DataFrame>(frame => new FrameTable(frame).ToHtml(), MimeBundle.Html);
        Formatter.Register<DataFrame>(frame => new FrameTable(frame).ToText(), MimeBundle.PlainText);
        Formatter.SetPreferredMimeTypesFor(typeof(DataFrame), MimeBundle.Html, MimeBundle.PlainText);
        Formatter.Register<FrameTable>(table => table.ToHtml(), MimeBundle.Html);
        Formatter.Register<FrameTable>(table => table.ToText(), MimeBundle.PlainText);
        Formatter.SetPreferredMimeTypesFor(typeof(FrameTable), MimeBundle.Html, MimeBundle.PlainText);
        Formatter.Register<Exception>(error => error.ToString(), MimeBundle.PlainText);
        Formatter.SetPreferredMimeTypesFor(typeof(Exception), MimeBundle.PlainText);
    }
}
