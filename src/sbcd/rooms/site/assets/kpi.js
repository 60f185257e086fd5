// The KPI tree: walk down, read current values, plot intervals.
import * as api from "./api.js";
import { Badge, Card, Nothing, Page, Table, Trouble, Wait, html, useEffect, useLive, useRef, useState } from "./ui.js";

function Plot({ title, times, values }) {
  const box = useRef();
  useEffect(() => {
    if (!times.length) return undefined;
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue("--muted"), line = style.getPropertyValue("--accent"), grid = { stroke: style.getPropertyValue("--line") };
    const axis = { stroke: ink, grid, ticks: grid };
    const plot = new window.uPlot({
      width: box.current.clientWidth, height: 260, axes: [axis, axis],
      scales: { y: { range: (_, least, most) => [Math.min(0, least), most > 0 ? most * 1.1 : 1] } },
      series: [{}, { label: title, stroke: line, width: 2, fill: `${line.trim()}22`, points: { show: times.length < 60 } }],
    }, [times, values], box.current);
    const resized = () => plot.setSize({ width: box.current.clientWidth, height: 260 });
    addEventListener("resize", resized);
    return () => { removeEventListener("resize", resized); plot.destroy(); };
  }, [title, times.join(), values.join()]);
  return html`<div ref=${box} class="plot" role="img" aria-label=${`${title} over time`}></div>`;
}

// Current values gather here while the page is open.
function Watch({ path, name }) {
  const seen = useRef({ times: [], values: [] });
  const [answer, error] = useLive(() => api.get(`kpi/current/${path}`), 2, [path]);
  const value = answer?.value;
  if (value !== undefined && value !== null) {
    const now = Date.now() / 1000;
    if (now - (seen.current.times.at(-1) || 0) >= 1) { seen.current.times.push(now); seen.current.values.push(value); }
    if (seen.current.times.length > 900) { seen.current.times.shift(); seen.current.values.shift(); }
  }
  return html`<${Trouble} error=${error} /><p class="bigs"><span class="big"><b>${value ?? "–"}</b><span>now</span></span></p>
    ${seen.current.times.length > 1 && html`<${Plot} title=${name} ...${{ times: [...seen.current.times], values: [...seen.current.values] }} />`}`;
}

async function history(path) {
  const [intervals, all] = await Promise.all([api.get("kpi/interval"), api.get(`kpi/history/${path}?interval=all`)]);
  const start = new Map((intervals?.intervals || []).map((one) => [String(one.id), Date.parse(one.start) / 1000]));
  const points = (all?.items || []).filter((item) => item.value !== null && start.has(String(item.interval)))
    .map((item) => [start.get(String(item.interval)), Number(item.value)]).sort((a, b) => a[0] - b[0]);
  return { times: points.map((point) => point[0]), values: points.map((point) => point[1]) };
}

function History({ path, name }) {
  const [found, error] = useLive(() => history(path), 30, [path]);
  return html`<${Trouble} error=${error} />${!found ? html`<${Wait} />` : found.times.length === 0
    ? html`<${Nothing}>No interval has ended yet.<//>` : html`<${Plot} title=${name} ...${found} />`}`;
}

export function Kpis({ path }) {
  const mode = path[0] === "history" ? "history" : "current";
  const at = path.slice(1);
  const here = [mode, ...at].join("/");
  const [found, error] = useLive(() => api.get(`kpi/${here}?limit=500`), 3, [here]);
  const [pick, choose] = useState(null);
  const [words, filter] = useState("");
  const link = (more, text) => html`<a href=${`#kpi/${more}`}>${text}</a>`;
  const items = (found?.items || []).filter((item) => !words || `${item.id} ${item.name || ""}`.toLowerCase().includes(words.toLowerCase()));
  const leaves = items.some((item) => "value" in item);
  return html`<${Page} title="Performance" actions=${html`<div class="tabs" role="group" aria-label="Time">
      <a href=${`#kpi/current${at.length && !leaves ? `/${at.join("/")}` : ""}`} aria-current=${mode === "current" ? "true" : undefined}>Current</a>
      <a href=${`#kpi/history${at.length && !leaves ? `/${at.join("/")}` : ""}`} aria-current=${mode === "history" ? "true" : undefined}>History</a></div>
      <input aria-label="Filter parameters" type="search" placeholder="Filter" value=${words} onInput=${(event) => filter(event.target.value)} />`}>
    <p class="path" aria-label="Path">${link(mode, "KPI")}${at.map((part, n) => html` / ${link([mode, ...at.slice(0, n + 1)].join("/"), part)}`)}</p>
    <${Trouble} error=${error} />
    ${pick && html`<div ref=${(box) => box && box.dataset.shown !== pick.id && ((box.dataset.shown = pick.id), box.scrollIntoView({ block: "nearest" }))}>
      <${Card} wide title=${pick.name || pick.id}><p class="small">${pick.description}</p>
      ${mode === "current" ? html`<${Watch} path=${[...at, pick.id].join("/")} name=${pick.name} />`
    : html`<${History} path=${[...at, pick.id].join("/")} name=${pick.name} />`}
      <button onClick=${() => choose(null)}>Close plot</button><//></div>`}
    ${found === undefined ? html`<${Wait} />` : items.length === 0 ? html`<${Nothing}>Nothing here.<//>` : leaves ? html`
      <${Table} label="Parameters" head=${["Parameter", "Value", "Description", ""]} rows=${items.map((item) => html`<tr key=${item.id}>
        <td>${item.name || item.id}</td><td class="number">${item.value ?? "–"}</td><td class="long">${item.description}</td>
        <td class="acts"><button onClick=${() => choose(item)}>Plot</button></td></tr>`)} />` : html`
      <div class="tiles">${items.map((item) => html`<a class="card" key=${item.id} href=${`#kpi/${here}/${item.id}`}>
        <b>${item.name || item.id}</b><small>${item.description}</small>${item.groups && html`<span class="chips">${item.groups.map((group) => html`<${Badge} key=${group}>${group}<//>`)}</span>`}</a>`)}</div>`}<//>`;
}
