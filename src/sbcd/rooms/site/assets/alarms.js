// Active alarms and what was before, newest first, with a filter.
import * as api from "./api.js";
import { Badge, Nothing, Page, Table, Trouble, Wait, When, html, tone, useLive, useState } from "./ui.js";

const SHOWN = 100, NEWEST = "&before=2147483647";
const SEVERITIES = ["Critical", "Major", "Minor", "Warning", "Indeterminate", "Cleared"];

// The details of an alarm never change: a change is a new one.
const known = new Map();
export async function detail(kind, { id }) {
  const key = `${kind}/${id}`;
  if (!known.has(key)) {
    const found = await api.get(`alarms/${key}`).catch(() => null);
    if (!found) return null;
    if (known.size > 2000) known.clear();
    known.set(key, found);
  }
  return known.get(key);
}

async function load(kind, cursor) {
  const page = await api.get(`alarms/${kind}?limit=${SHOWN}${cursor || NEWEST}`);
  if (!page) return { rows: [], cursor: {} };
  const rows = await Promise.all(page.alarms.map((alarm) => detail(kind, alarm)));
  return { rows: rows.filter(Boolean).reverse(), cursor: page.cursor || {} };
}

export function Alarms({ path }) {
  const kind = path[0] === "history" ? "history" : "active";
  const [cursor, move] = useState("");
  const [words, filter] = useState("");
  const [severity, only] = useState("");
  const [found, error] = useLive(() => load(kind, cursor), 5, [kind, cursor]);
  const rows = (found?.rows || []).filter((alarm) => (!severity || alarm.severity === severity)
    && (!words || `${alarm.description} ${alarm.source} ${alarm.severity}`.toLowerCase().includes(words.toLowerCase())));
  const turn = (where) => found.cursor[where] && found.cursor[where] !== "-1" && html`
    <button onClick=${() => move(`&${where}=${found.cursor[where]}`)}>${where === "after" ? "Later" : "Earlier"}</button>`;
  return html`<${Page} title="Alarms" actions=${html`<div class="tabs" role="group" aria-label="Which alarms">
      <a href="#alarms" aria-current=${kind === "active" ? "true" : undefined} onClick=${() => move("")}>Active</a>
      <a href="#alarms/history" aria-current=${kind === "history" ? "true" : undefined} onClick=${() => move("")}>History</a></div>
      <select aria-label="Severity" value=${severity} onChange=${(event) => only(event.target.value)}><option value="">All severities</option>
        ${SEVERITIES.map((name) => html`<option key=${name}>${name}</option>`)}</select>
      <input aria-label="Filter alarms" type="search" placeholder="Filter" value=${words} onInput=${(event) => filter(event.target.value)} />`}>
    <${Trouble} error=${error} />
    ${!found ? html`<${Wait} />` : rows.length === 0 ? html`<${Nothing}>${words || severity ? "No alarm matches." : "No alarms."}<//>` : html`
    <${Table} label="Alarms" head=${["Severity", "Description", "Source", "Date", "No."]} rows=${rows.map((alarm) => html`<tr key=${alarm.id}>
      <td><${Badge} tone=${tone[alarm.severity]}>${alarm.severity}<//></td><td class="long">${alarm.description}</td>
      <td>${alarm.source}</td><td class="when"><${When} date=${alarm.date} /></td><td class="count">${alarm.id}</td></tr>`)} />`}
    ${found && html`<div class="row">${turn("before")}${turn("after")}</div>`}<//>`;
}
