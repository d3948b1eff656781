/* What all pages look like. */
#include "report/page.h"

/* Colours of lines: Okabe and Ito's, which most people tell apart, in two strengths. */
static const char *const style =
    ":root{color-scheme:light dark;--bg:#fff;--panel:#f6f7f9;--text:#1c2024;--soft:#5c6570;--line:#dfe3e8;"
    "--grid:#e9ecf0;--good:#1a7f4b;--note:#0b64b4;--warn:#a85600;--bad:#b3261e;"
    "--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b5508f;--c4:#8a6d00;--c5:#2d9fd8;--c6:#7a4fc0;--c7:#5c6570}\n"
    "@media (prefers-color-scheme:dark){:root{--bg:#14171a;--panel:#1d2125;--text:#e6e9ec;--soft:#9ba5b0;"
    "--line:#343a41;--grid:#2a3036;--good:#5cc58f;--note:#6cb4f5;--warn:#f0a24e;--bad:#ff8a80;"
    "--c0:#56b4e9;--c1:#ff8f45;--c2:#3ccf9f;--c3:#e38fc2;--c4:#d9b93b;--c5:#8fd0f5;--c6:#b79af0;--c7:#9ba5b0}}\n"
    "*{box-sizing:border-box}\n"
    "html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0;background:var(--bg);color:var(--text);"
    "font:16px/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,sans-serif}\n"
    "main{max-width:68rem;margin:0 auto;padding:2.25rem 1.25rem 4rem}\n"
    "h1{font-size:1.7rem;line-height:1.25;margin:.1rem 0 .35rem;overflow-wrap:anywhere;font-weight:650}\n"
    "h2{font-size:1.22rem;margin:2.75rem 0 .9rem;padding-top:.9rem;border-top:1px solid var(--line);font-weight:650}\n"
    "h3{font-size:1rem;margin:1.75rem 0 .6rem;font-weight:650}\n"
    "p{margin:.4rem 0 .8rem;max-width:46rem}\n"
    ".over{color:var(--soft);font-size:.85rem;margin:0;letter-spacing:.02em}\n"
    ".soft{color:var(--soft)}\n"
    "code{font:.875em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--panel);"
    "border:1px solid var(--line);border-radius:4px;padding:.05em .35em;overflow-wrap:anywhere}\n"
    "a{color:var(--note);text-decoration-thickness:1px;text-underline-offset:2px}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.6rem,1fr));gap:.7rem;margin:1.5rem 0 "
    "0;padding:0}\n"
    ".tiles div{background:var(--panel);border-radius:8px;padding:.7rem .85rem;min-width:0}\n"
    ".tiles dt{color:var(--soft);font-size:.8rem;overflow-wrap:anywhere}\n"
    ".tiles dd{margin:.1rem 0 "
    "0;font-size:1.3rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}\n"
    ".tiles small{display:block;color:var(--soft);font-size:.78rem;font-weight:400;line-height:1.35}\n"
    ".verdict{list-style:none;margin:0;padding:0;display:grid;gap:.6rem}\n"
    ".verdict li{background:var(--panel);border-left:4px solid var(--note);border-radius:4px 8px 8px 4px;"
    "padding:.65rem .95rem;min-width:0}\n"
    ".verdict li.good{border-color:var(--good)}.verdict li.warn{border-color:var(--warn)}"
    ".verdict li.bad{border-color:var(--bad)}\n"
    ".verdict b{display:block;font-weight:600}\n"
    ".o{white-space:nowrap;font-weight:500}\n"
    ".verdict p{margin:.15rem 0 0;max-width:none}\n"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1.6rem 2rem}\n"
    "figure{margin:0;min-width:0}\n"
    "figcaption{font-weight:600;font-size:.95rem;margin-bottom:.35rem}\n"
    "svg{display:block;width:100%;height:auto;max-width:34rem;overflow:visible}\n"
    "svg text{font-size:12.5px;fill:var(--soft);font-variant-numeric:tabular-nums}\n"
    ".tx{text-anchor:middle}.ty{text-anchor:end}\n"
    "svg .mark{fill:var(--text)}line.mark{stroke:var(--text);stroke-dasharray:3 3;opacity:.65}\n"
    ".grid{stroke:var(--grid)}.axis{stroke:var(--soft)}.tick{stroke:var(--soft)}\n"
    ".even{stroke:var(--soft);stroke-dasharray:5 4;opacity:.8}\n"
    ".line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
    ".dot{stroke:var(--bg);stroke-width:1.5}.bar{opacity:.82}\n"
    ".c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}.c4{stroke:var(--c4)}"
    ".c5{stroke:var(--c5)}.c6{stroke:var(--c6)}.c7{stroke:var(--c7)}\n"
    ".f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}.f4{fill:var(--c4)}"
    ".f5{fill:var(--c5)}.f6{fill:var(--c6)}.f7{fill:var(--c7)}\n"
    ".keys{display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.35rem 0 0;font-size:.85rem;color:var(--soft)}\n"
    ".key::before{content:\"\";display:inline-block;width:1.15em;height:.28em;border-radius:2px;margin-right:.45em;"
    "vertical-align:.2em;background:var(--k)}\n"
    ".k0{--k:var(--c0)}.k1{--k:var(--c1)}.k2{--k:var(--c2)}.k3{--k:var(--c3)}.k4{--k:var(--c4)}.k5{--k:var(--c5)}"
    ".k6{--k:var(--c6)}.k7{--k:var(--c7)}\n"
    ".scroll{overflow-x:auto;margin:.5rem 0 1.2rem}\n"
    ".scroll:focus-visible,a:focus-visible,summary:focus-visible{outline:2px solid var(--note);outline-offset:2px}\n"
    "table{border-collapse:collapse;font-size:.9rem;min-width:min(100%,24rem)}\n"
    "caption{text-align:left;color:var(--soft);font-size:.85rem;padding:0 0 .4rem}\n"
    "th,td{padding:.32rem .7rem .32rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}\n"
    "th:not(:last-child),td:not(:last-child){padding-right:1.1rem}\n"
    "thead th{color:var(--soft);font-weight:500;white-space:nowrap;vertical-align:bottom}\n"
    "tbody th{font-weight:500}\n"
    "td{overflow-wrap:anywhere;min-width:2.4rem}td.n{overflow-wrap:normal}\n"
    ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    ".matrix td,.matrix th{padding:.3rem .5rem;border:0;min-width:2.6rem;white-space:nowrap}\n"
    ".matrix td{text-align:right;position:relative;background:color-mix(in srgb,var(--m,var(--c1)) var(--s,0%),"
    "transparent)}\n"
    ".matrix td.right{--m:var(--c0)}\n"
    "details{margin:.6rem 0 1rem}summary{cursor:pointer;color:var(--note);font-size:.92rem}\n"
    "footer{margin-top:3rem;padding-top:.9rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}\n"
    "@media (max-width:30rem){main{padding:1.25rem .9rem 3rem}h1{font-size:1.35rem}"
    "svg text{font-size:14.5px}.tiles{grid-template-columns:1fr 1fr}.tiles dd{font-size:1.1rem}}\n"
    "@media "
    "print{:root{color-scheme:light;--bg:#fff;--panel:#f4f5f7;--text:#000;--soft:#444;--line:#ccc;--grid:#e4e4e4;"
    "--good:#1a7f4b;--note:#0b64b4;--warn:#a85600;--bad:#b3261e;"
    "--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b5508f;--c4:#8a6d00;--c5:#2d9fd8;--c6:#7a4fc0;--c7:#5c6570}"
    "*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
    "body{font-size:10.5pt}main{max-width:none;padding:0}"
    "figure,.verdict li,.tiles div,tr,.matrix{break-inside:avoid}h2,h3{break-after:avoid}"
    ".charts{grid-template-columns:1fr 1fr}.scroll{overflow:visible}"
    ".c1{stroke-dasharray:7 4}.c2{stroke-dasharray:2 4}.c3{stroke-dasharray:9 3 2 3}"
    "details::details-content{content-visibility:visible;display:block;height:auto}"
    "summary{list-style:none;color:inherit}@page{margin:15mm}}\n";

void ls_page_begin(ls_text *html, const char *title)
{
    ls_text_append(html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                         "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    ls_html_put(html, title);
    ls_text_append(html, "</title>\n<style>\n");
    ls_text_append(html, style);
    ls_text_append(html, "</style>\n</head>\n<body>\n<main>\n");
}

void ls_page_end(ls_text *html)
{
    ls_text_append(html, "</main>\n</body>\n</html>\n");
}

void ls_page_tile(ls_text *html, const char *name, const char *value, const char *more)
{
    ls_text_append(html, "<div><dt>");
    ls_html_put(html, name);
    ls_text_append(html, "</dt><dd>");
    ls_html_put(html, value);
    if (more && more[0]) {
        ls_text_append(html, "<small>");
        ls_html_put(html, more);
        ls_text_append(html, "</small>");
    }
    ls_text_append(html, "</dd></div>\n");
}
