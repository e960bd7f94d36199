namespace Workbench.Notebooks.Export;

/// <summary>The page's style: light and dark by the reader's setting, and a plain one for paper.</summary>
internal static class PageStyle
{
    public const string Css = """
        :root{color-scheme:light dark;--ink:#1c2128;--paper:#fff;--faint:#f4f5f7;--line:#d5d9df;--mark:#0b5cad;--error:#a40e26;--error-paper:#fff1f2;--word:#7c3aad;--text:#0a6b3d;--note:#66707c}
        @media (prefers-color-scheme:dark){:root{--ink:#dfe3e8;--paper:#15181c;--faint:#1e2228;--line:#363c45;--mark:#6cb0f5;--error:#ff8f98;--error-paper:#331a1e;--word:#c9a2f2;--text:#7dd3a0;--note:#98a2ae}}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif}
        main{max-width:60rem;margin:0 auto;padding:1.5rem}
        section{margin:0 0 1.2rem}
        a{color:var(--mark)}
        pre,code{font-family:ui-monospace,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86rem}
        pre{overflow-x:auto;margin:.4rem 0;padding:.6rem .8rem;border-radius:4px}
        pre.source,.markdown pre{background:var(--faint);border:1px solid var(--line)}
        .markdown pre{white-space:pre-wrap;overflow-wrap:anywhere}
        pre.source{white-space:pre-wrap;overflow-wrap:anywhere}
        pre.source[data-count]{padding-right:3.4rem}
        section.code{position:relative}
        pre.source[data-count]::before{content:attr(data-count);position:absolute;right:1px;top:.6rem;padding:0 .7rem;background:var(--faint);color:var(--note)}
        pre.stream,pre.value{padding:.2rem .8rem;white-space:pre-wrap}
        pre.stderr{border-left:3px solid var(--error)}
        pre.error{color:var(--error);background:var(--error-paper);white-space:pre-wrap}
        .output{overflow-x:auto;margin:.4rem 0}
        table{border-collapse:collapse;margin:.4rem 0}
        th,td{padding:.2em .7em}
        .markdown table{display:block;width:max-content;max-width:100%;overflow-x:auto}
        .markdown th,.markdown td{border:1px solid var(--line)}
        img{max-width:100%;height:auto}
        figure.chart{margin:.6rem 0;background:#fff;color:#1c2128}
        .scripted .still{display:none}
        .k{color:var(--word)}.s{color:var(--text)}.c{color:var(--note);font-style:italic}
        .ansi-bold{font-weight:bold}.ansi-1{color:var(--error)}.ansi-2{color:var(--text)}.ansi-3{color:#a87b00}.ansi-4,.ansi-6{color:var(--mark)}.ansi-5{color:var(--word)}.ansi-0,.ansi-7{color:var(--note)}
        @media print{
        :root{--ink:#000;--paper:#fff;--faint:#fff;--line:#bbb;--error:#a40e26;--error-paper:#fff}
        body{font-size:10pt}main{max-width:none;padding:0}
        pre{white-space:pre-wrap;overflow:visible}
        .output{overflow:visible}
        .markdown table{display:table;width:auto}th,td{overflow-wrap:anywhere}
        .chart .interactive{display:none!important}.scripted .still,.still{display:block!important}
        figure,img,tr,pre.error{break-inside:avoid}h1,h2,h3{break-after:avoid}
        }

        """;
}
