// Active alarms and what was before, with a filter.
import * as api from "./api.js";
import { Badge, Nothing, Page, Table, Trouble, Wait, html, tone, useLive, useState } from "./ui.js";

async function load(kind, cursor) {
  const page = await api.get(`alarms/${kind}?limit=20${cursor}`);
  if (!page) return { rows: [], cursor: {} };
  const rows = await Promise.all(page.alarms.map((alarm) => api.get(`alarms/${kind}/${alarm.id}`).catch(() => null)));
  return { rows: rows.filter(Boolean), cursor: page.cursor || {} };
}

export function Alarms({ path }) {
  const kind = path[0] === "history" ? "history" : "active";
  const [cursor, move] = useState("");
  const [words, filter] = useState("");
  const [found, error] = useLive(() => load(kind, cursor), 5, [kind, cursor]);
  const rows = (found?.rows || []).filter((alarm) => !words
    || `${alarm.description} ${alarm.source} ${alarm.severity}`.toLowerCase().includes(words.toLowerCase()));
  const turn = (where) => found.cursor[where] && found.cursor[where] !== "-1" && html`
    <button onClick=${() => move(`&${where}=${found.cursor[where]}`)}>${where === "after" ? "Later" : "Earlier"}</button>`;
  return html`<${Page} title="Alarms" actions=${html`<div class="tabs" role="group" aria-label="Which alarms">
      <a href="#alarms" aria-current=${kind === "active" ? "true" : undefined} onClick=${() => move("")}>Active</a>
      <a href="#alarms/history" aria-current=${kind === "history" ? "true" : undefined} onClick=${() => move("")}>History</a></div>
      <input aria-label="Filter alarms" placeholder="Filter" value=${words} onInput=${(event) => filter(event.target.value)} />`}>
    <${Trouble} error=${error} />
    ${!found ? html`<${Wait} />` : rows.length === 0 ? html`<${Nothing}>${words ? "No alarm matches." : "No alarms."}<//>` : html`
    <${Table} label="Alarms" head=${["Severity", "Description", "Source", "Date", "No."]} rows=${rows.map((alarm) => html`<tr key=${alarm.id}>
      <td><${Badge} tone=${tone[alarm.severity]}>${alarm.severity}<//></td><td class="long">${alarm.description}</td>
      <td>${alarm.source}</td><td class="when">${alarm.date}</td><td>${alarm.id}</td></tr>`)} />`}
    ${found && html`<div class="row">${turn("before")}${turn("after")}</div>`}<//>`;
}
