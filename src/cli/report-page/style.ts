/** The style of the page: light, dark and on paper. No font, image or other file is fetched. */
export const style = `
:root{color-scheme:light dark;--paper:#f4f6f8;--card:#fff;--ink:#17202a;--muted:#5b6774;--line:#d9dfe5;--soft:#f1f4f7;
--accent:#0a58a8;--bad:#c2161d;--bad-soft:#fdeeee;--good:#177245;--good-soft:#e9f6ef;--doubt:#8f5400;--doubt-soft:#fdf4e3;
--mono:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;
--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans","DejaVu Sans",sans-serif}
@media screen and (prefers-color-scheme:dark){:root{--paper:#10151a;--card:#182027;--ink:#e3e9ee;--muted:#94a2af;
--line:#2c3741;--soft:#202a33;--accent:#74b6ff;--bad:#ff7474;--bad-soft:#3b1f22;--good:#4fc58c;--good-soft:#16301f;
--doubt:#f1b443;--doubt-soft:#33280f}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 var(--sans)}
main{max-width:1160px;margin:0 auto;padding:24px 20px 64px}
section,header{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:20px 24px;margin:0 0 18px}
header{border-left:6px solid var(--tone)}
h1{font-size:27px;line-height:1.25;margin:10px 0 8px;overflow-wrap:anywhere}
h2{font-size:17px;margin:0 0 12px}
h3{font-size:15px;margin:0 0 6px;overflow-wrap:anywhere}
p{margin:0 0 10px;max-width:86ch;overflow-wrap:anywhere}
p:last-child,h2:last-child{margin-bottom:0}
a{color:var(--accent);text-decoration:none}
a:hover{text-decoration:underline}
code,pre,.mono{font-family:var(--mono);font-size:.88em}
pre{margin:8px 0;padding:10px 12px;background:var(--soft);border-radius:6px;overflow-x:auto;white-space:pre-wrap;
overflow-wrap:anywhere}
.brand{color:var(--muted);font-size:13px;letter-spacing:.02em;display:flex;justify-content:space-between;gap:16px;
flex-wrap:wrap;margin:0 4px 14px}
.brand nav{display:flex;gap:16px;flex-wrap:wrap}
.bad{--tone:var(--bad);--tone-soft:var(--bad-soft)}
.good{--tone:var(--good);--tone-soft:var(--good-soft)}
.doubt{--tone:var(--doubt);--tone-soft:var(--doubt-soft)}
.plain{--tone:var(--muted);--tone-soft:var(--soft)}
.pill{display:inline-block;padding:2px 11px;border-radius:99px;background:var(--tone);color:var(--card);font-weight:700;
font-size:13px;letter-spacing:.04em}
.lead{font-size:17px}
.advice{background:var(--soft);border-radius:8px;padding:10px 14px;max-width:none}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(212px,1fr));gap:10px 22px;margin:16px 0 0}
.facts div{min-width:0}
.facts dt{color:var(--muted);font-size:12.5px}
.facts dd{margin:0;overflow-wrap:anywhere}
.wide{grid-column:1/-1}
.seal{border-color:var(--tone);background:var(--tone-soft)}
.seal h2{color:var(--tone)}
.checks{list-style:none;margin:10px 0 0;padding:0}
.checks li{padding:3px 0 3px 24px;position:relative;overflow-wrap:anywhere}
.checks li::before{content:"\\2713";position:absolute;left:2px;color:var(--good);font-weight:700}
.checks li.bad::before{content:"\\2717";color:var(--bad)}
.checks b{font-weight:600}
.card{border:1px solid var(--line);border-left:4px solid var(--tone);border-radius:8px;padding:12px 16px;margin:0 0 12px}
.card:last-child{margin-bottom:0}
.note{color:var(--muted);font-size:13.5px}
.scroll{overflow-x:auto;margin:0 -4px;padding:0 4px}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{text-align:left;color:var(--muted);font-weight:600;font-size:12.5px;padding:6px 10px 6px 0;border-bottom:1px solid var(--line);
white-space:nowrap;vertical-align:bottom}
td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere;min-width:3.4em}
tr:last-child td{border-bottom:0}
tr.bad td{background:var(--bad-soft)}
tr:target td{background:var(--doubt-soft)}
.num{text-align:right;white-space:nowrap}
.loss{color:var(--bad);font-weight:700}
.nowrap{white-space:nowrap}
section>details{margin:0 0 6px}
details>summary{cursor:pointer;color:var(--accent);padding:3px 0;overflow-wrap:anywhere}
details.path{border-top:1px solid var(--line);padding:10px 0 4px}
details.path>summary{color:var(--ink);font-weight:600}
td details>summary{padding:0}
.legend{max-width:none;display:flex;gap:6px 20px;flex-wrap:wrap;color:var(--muted);font-size:13px;margin:14px 0}
.legend b{color:var(--bad)}
svg{display:block;font-family:var(--sans)}
svg .box{fill:var(--soft);stroke:var(--muted);stroke-width:1.2}
svg .box.bad{fill:var(--bad-soft);stroke:var(--bad);stroke-width:2.2}
svg .box.doubt{fill:var(--doubt-soft);stroke:var(--doubt);stroke-width:2;stroke-dasharray:5 3}
svg text{font-family:inherit}
.picture text{fill:var(--ink);font-size:13px}
.picture .name{font-weight:650}
.picture .port{font-family:var(--mono);font-size:10.5px;fill:var(--muted)}
.picture .port.bad{fill:var(--bad);font-weight:700}
svg .lane{fill:none;stroke:var(--tone);stroke-width:2}
svg .lane.bad{stroke-width:3.6}
svg .lane.plain{stroke-dasharray:3 4}
svg .lane.doubt{stroke-dasharray:7 4}
svg .head{fill:var(--tone)}
.picture .halo{paint-order:stroke;stroke:var(--card);stroke-width:5px;stroke-linejoin:round}
.picture .figure{font-size:12px;fill:var(--tone)}
.picture .figure.bad{font-size:13.5px;font-weight:750}
svg .bracket{fill:none;stroke:var(--tone);stroke-width:1.3}
svg .sign{fill:var(--tone);stroke:var(--card);stroke-width:1.5}
svg .stroke{stroke:var(--card);stroke-width:2;fill:none;stroke-linecap:round}
.picture .ask{fill:var(--card);font-weight:750;font-size:12.5px}
.picture .label{fill:var(--muted);font-size:12.5px;font-weight:600}
.picture svg,.plot svg{max-width:none}
.picture+h3{margin-top:22px}
.picture{padding-top:4px}
@media (max-width:640px){table{min-width:660px}.facts{grid-template-columns:repeat(2,minmax(0,1fr))}main{padding:12px 10px 40px}section,header{padding:16px}h1{font-size:23px}}
@media print{@page{margin:14mm}body{background:#fff;font-size:10.5pt}main{max-width:none;padding:0}.brand nav{display:none}
section,header{border-radius:0;padding:10px 0;border-width:0 0 1px;break-inside:auto}header{border-left-width:6px;padding-left:14px}
.seal{background:none}.card,.picture,.plot,tr{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}
.picture svg,.plot svg{max-width:100%;height:auto}section>details::details-content{content-visibility:visible;display:block;height:auto}
tr.bad td,.pill,.advice,svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
