"""The look of the page: light and dark as the reader's system has it, plain on paper."""

from __future__ import annotations

from higgsflow.report import colors

_PAGE = """
:root {
  color-scheme: light dark;
  --text: #1c2024; --soft: #5c6670; --page: #ffffff; --panel: #f4f6f8; --line: #d8dee4;
  --link: #0b5cad; --bad: #b3261e; --bad-back: #fdecea; --blind-back: #fff6dd;
  --signal: #bd1f01; --shade: 0%;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e4e7ea; --soft: #9aa5b1; --page: #14171a; --panel: #1e2327; --line: #363d44;
    --link: #7ab7ff; --bad: #ff8a80; --bad-back: #3a1d1b; --blind-back: #38301a;
    --signal: #ff6b50; --shade: 30%;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem; max-width: 1500px; color: var(--text);
  background: var(--page); font: 15px/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.7rem; margin: 0; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
h3 small, header p, .note { color: var(--soft); }
header p { margin: .25rem 0; }
a { color: var(--link); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: .5rem 0; }
.warning, .blind { padding: .6rem .9rem; border-radius: 6px; }
.warning { background: var(--bad-back); border-left: 4px solid var(--bad); }
.blind { background: var(--blind-back); border-left: 4px solid #c79a1a; }
.bad { color: var(--bad); text-decoration: none; margin-left: .25em; }
.scroll { overflow: auto; max-height: 70vh; border: 1px solid var(--line); border-radius: 6px;
  width: fit-content; max-width: 100%; margin: .5rem 0; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums;
  width: max-content; }
th, td { padding: .25rem .7rem; text-align: right; white-space: nowrap; vertical-align: top; }
tbody tr:nth-child(even) :is(th, td) { background: var(--panel); }
thead th { position: sticky; top: 0; background: var(--panel); border-bottom: 1px solid var(--line);
  z-index: 1; }
tbody th, thead th.name { text-align: left; }
tbody th { font-weight: 500; background: var(--page); }
tbody th:first-child { max-width: 45vw; white-space: normal; overflow-wrap: break-word; }
.long { display: inline-block; width: max-content; max-width: min(40rem, 80vw);
  white-space: normal; overflow-wrap: anywhere; text-align: left; }
#findings table { width: auto; }
#findings tbody th:nth-child(n+3) { white-space: normal; overflow-wrap: anywhere; }
#findings .long { min-width: 24rem; max-width: 60rem; width: auto; }
@media (min-width: 700px) {
  th:first-child { position: sticky; left: 0; }
  thead th:first-child { z-index: 2; }
}
@media (max-width: 700px) {
  #findings thead { display: none; }
  #findings .scroll { max-height: none; }
  #findings :is(table, tbody, tr, tbody th) { display: block; max-width: none; }
  #findings .long { display: block; min-width: 0; }
}
.two[style] { margin: -.25rem -.7rem; padding: .25rem .7rem; display: block;
  background: color-mix(in srgb, var(--link) calc(40% * var(--share)), transparent); }
.two small { display: block; color: var(--soft); }
.two[style] small { color: inherit; }
details { margin: .5rem 0; }
summary { cursor: pointer; color: var(--link); width: fit-content; }
.gallery { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); }
figure { margin: 0; padding: .5rem; border: 1px solid var(--line); border-radius: 6px;
  break-inside: avoid; text-align: center; }
figcaption { color: var(--soft); font-size: .85rem; }
svg { width: 100%; height: auto; display: block; font: 11px system-ui, sans-serif; }
svg text { fill: var(--text); }
svg path, svg .axis { fill: none; stroke: var(--text); }
svg .tick { stroke-width: .8; }
svg .band { fill: var(--text); fill-opacity: .22; stroke: none; }
svg .signal { stroke: var(--signal); stroke-width: 1.6; }
svg text.signal { fill: var(--signal); stroke: none; font-weight: 600; }
svg .compared { stroke-dasharray: 2 2; }
svg .one { stroke-dasharray: 4 3; stroke-width: .7; }
svg .points { stroke-width: 4.6; stroke-linecap: round; }
svg .arrows { fill: var(--text); }
svg .lost { fill: var(--bad); stroke: none; }
svg .failed { stroke: var(--bad); stroke-width: 2; }
figure.wide { max-width: 1100px; overflow-x: auto; }
figure.wide svg { min-width: 640px; }
meter { width: 12rem; }
meter.short { width: 5rem; }
svg .window { fill: var(--blind-back); }
svg .hover { fill: transparent; }
svg .hover rect { y: var(--y); width: var(--width); height: var(--height); }
svg .hover:not(g):hover, svg .hover rect:hover { fill: var(--text); fill-opacity: .1; }
/* colours */
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .25rem 0; font-size: .85rem; }
.legend svg { display: inline; width: 1.2em; height: .9em; margin-right: .35em; }
.patterns { position: absolute; width: 0; height: 0; }
pre { background: var(--panel); padding: 1rem; border-radius: 6px; overflow: auto; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
@media print {
  :root { color-scheme: light; --text: #000; --soft: #444; --page: #fff; --panel: #f3f3f3;
    --line: #bbb; --link: #000; --bad: #900; --bad-back: #fff; --blind-back: #fff;
    --signal: #bd1f01; --shade: 0%; }
  body { max-width: none; padding: 0; font-size: 9pt; }
  nav { display: none; }
  .gallery { grid-template-columns: repeat(3, 1fr); gap: .4rem; }
  figure.wide svg { min-width: 0; }
  svg, .two { print-color-adjust: exact; }
  .scroll { overflow: visible; max-height: none; border: 0; }
  table { width: auto; }
  tr > th { position: static; }
  th, td { padding: .1rem .35rem; white-space: normal; }
  :is(thead th, tbody th:first-child) { overflow-wrap: anywhere; }
  h2, h3, summary, .legend { break-after: avoid; }
  tr { break-inside: avoid; }
  details::details-content { content-visibility: visible; display: block; }
  pre { white-space: pre-wrap; }
}
"""
CSS = _PAGE.replace("/* colours */", colors.CSS)
