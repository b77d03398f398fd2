/** Of every page. Colours keep a contrast of 4.5 to 1 or more in both schemes. */
export const styles = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #566073; --line: #d9dee7; --ground: #ffffff; --panel: #f5f7fa;
  --accent: #1a5fb4; --good: #176b36; --bad: #a51d2d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #a3adbd; --line: #343b48; --ground: #14181f;
  --panel: #1d232d; --accent: #8ab8f5; --good: #7fd49b; --bad: #ff9a9f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .5rem 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
a { color: var(--accent); }
nav, footer { font-size: .875rem; color: var(--soft); }
footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .75rem; }
.summary { font-size: 1.1rem; color: var(--soft); margin: 0 0 1rem; }
figure { margin: 1.25rem 0; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 38rem; max-width: 56rem; height: auto; }
.promise { border-left: 4px solid var(--accent); background: var(--panel); padding: .6rem .9rem; margin: 1rem 0; }
.promise b { display: block; }
code { font: .875em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--panel);
  border-radius: 3px; padding: .08em .3em; overflow-wrap: anywhere; }
dl { margin: 0; border: 1px solid var(--line); border-radius: 6px; }
dl div { display: grid; grid-template-columns: minmax(10rem, 17rem) 1fr; gap: .25rem 1rem; padding: .45rem .8rem; }
dl div + div { border-top: 1px solid var(--line); }
dt { color: var(--soft); }
dd { margin: 0; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: .925rem; }
th, td { text-align: left; vertical-align: top; padding: .5rem .7rem; min-width: 8rem; }
th { background: var(--panel); color: var(--soft); font-weight: 600; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
td small { display: block; color: var(--soft); font-size: .8rem; }
td:first-child > code { font-weight: 600; }
td:first-child > code, td:nth-child(2) code { white-space: nowrap; }
td:last-child { min-width: 15rem; }
.arrow { color: var(--soft); }
.samples, .cards { list-style: none; margin: 0; padding: 0; }
.samples li { padding: .4rem 0; border-top: 1px solid var(--line); }
.samples li:first-child { border-top: 0; }
.outcome { font-size: .85rem; color: var(--soft); margin-left: .5rem; }
.outcome.mapped { color: var(--good); }
.outcome.rejected { color: var(--bad); }
.cards li { border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; margin: .75rem 0; }
.cards p { margin: .25rem 0 0; color: var(--soft); }
.route { margin-left: .6rem; color: var(--soft); font-size: .9rem; }
svg .box { fill: var(--panel); stroke: var(--line); }
svg .core { stroke: var(--accent); stroke-width: 2; }
svg text { fill: var(--ink); font: 600 15px system-ui, -apple-system, "Segoe UI", sans-serif; text-anchor: middle; }
svg .small { fill: var(--soft); font-weight: 400; font-size: 12.5px; }
svg .way { stroke: var(--soft); stroke-width: 1.5; fill: none; marker-end: url(#tip); }
svg .back { stroke-dasharray: 4 4; }
svg #tip path { fill: var(--soft); }
@media (max-width: 40rem) { dl div { grid-template-columns: 1fr; } }
@media print { main { max-width: none; padding: 0; } .wide, figure { overflow: visible; } }
`;
