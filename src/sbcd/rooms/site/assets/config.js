// The configuration: browse tables and parameters, edit, see what changes, apply. The device checks; what it
// refuses is shown at its field.
import * as api from "./api.js";
import { parameters, parametersAsIni, parse, rowAsIni } from "./ini.js";
import { Act, Badge, Dialog, Field, Nothing, Page, Table, Trouble, Wait, html, useLive, useMemo, useState } from "./ui.js";

const AREAS = [["voip", "Calls"], ["network", "Network"], ["system", "System"], ["troubleshoot", "Troubleshooting"]];

async function load() {
  const [ini, declared] = await Promise.all([api.text("files/ini"), api.get("/tables.json")]);
  return { rows: parse(ini), values: parameters(ini), tables: declared.tables, settings: grouped(declared.parameters) };
}

const SHORT = /\b(sip|sbc|dns|tls|ntp|cli|cwmp|ldap|snmp|nat|ids|kpi|cdr|rest|ha|radius)\b/g;
const idOf = (set) => `${set.area}/${(set.cli || "general").replaceAll(" ", "-")}`;

// Sets that are one CLI mode are one page, whatever sections of the file they are in; an array is its elements.
function grouped(sets) {
  const found = new Map();
  for (const set of sets) {
    const id = idOf(set);
    const title = (set.cli || `${set.area} in general`).replaceAll("-", " ").replace(SHORT, (word) => word.toUpperCase());
    const one = found.get(id) || { id, area: set.area, cli: set.cli, title: title[0].toUpperCase() + title.slice(1), help: set.help, columns: [] };
    for (const column of set.columns) {
      const more = { ...column, section: set.section };
      if (!column.array) one.columns.push(more);
      else for (let n = 0; n < column.array; n += 1) one.columns.push({ ...more, ini: `${column.ini}_${n}`, default: column.defaults?.[n] ?? column.default });
    }
    found.set(id, one);
  }
  return [...found.values()];
}

const start = (column) => (column.default === null || column.default === undefined ? "" : String(column.default));

function hint(column) {
  const parts = [column.help];
  if (column.low !== null && column.low !== undefined) parts.push(`${column.low} to ${column.high}`);
  if (column.most) parts.push(`at most ${column.most} characters`);
  if (column.refers) parts.push(`names a row of ${column.refers}`);
  if (column.resets) parts.push("takes effect at the next reset");
  return parts.filter(Boolean).join(" · ");
}

function Input({ column, value, set, names, id, wrong }) {
  const more = { id, value, "aria-describedby": `${id}-hint`, "aria-invalid": wrong ? "true" : undefined };
  const on = (event) => set(event.target.value);
  if (column.words) {
    const words = Object.entries(column.words);
    const known = words.some(([number]) => number === value);
    return html`<select ...${more} onChange=${on}>${!known && html`<option value=${value}>${value}</option>`}
      ${words.map(([number, word]) => html`<option key=${number} value=${number}>${word} (${number})</option>`)}</select>`;
  }
  if (column.type === "flag") return html`<select ...${more} onChange=${on}><option value="0">no (0)</option><option value="1">yes (1)</option></select>`;
  if (column.type === "number") return html`<input ...${more} inputmode="numeric" onInput=${on} />`;
  return html`<input ...${more} type=${column.type === "secret" ? "password" : "text"} autocomplete=${column.type === "secret" ? "new-password" : "off"}
    list=${names.length ? `${id}-list` : undefined} onInput=${on} />${names.length > 0 && html`<datalist id=${`${id}-list`}>${names.map((name) => html`<option key=${name} value=${name} />`)}</datalist>`}`;
}

const Shown = ({ column, value }) => (column.type === "secret" && value ? "•••" : column.words?.[value] ? `${column.words[value]} (${value})` : value);

// A form over columns with its review: `before` is what is, `apply` sends what shall be.
function Form({ columns, before, isNew, all, close, apply, children }) {
  const [now, set] = useState(before);
  const [review, show] = useState(false);
  const [error, fail] = useState(null);
  const changes = columns.filter((column) => now[column.ini] !== before[column.ini]);
  const wrongAt = (column) => error && new RegExp(`\\b${column.ini}\\b`).test(error.message) && error.message;
  const found = error && columns.some(wrongAt);
  const names = (column) => {
    const target = column.refers && all.tables.find((one) => one.ini === column.refers);
    const rows = target && all.rows.get(target.ini);
    return rows && target.unique ? [...rows.rows.values()].map((one) => one[target.unique]).filter(Boolean) : [];
  };
  const go = async () => {
    fail(null);
    try { await apply(now, changes); } catch (wrong) { fail(wrong); show(false); throw wrong; }
  };
  const field = (column) => html`<${Field} key=${column.ini} id=${`col-${column.ini}`} label=${column.ini} hint=${hint(column)} error=${wrongAt(column)}>
    <${Input} id=${`col-${column.ini}`} column=${column} value=${now[column.ini]} names=${names(column)} wrong=${wrongAt(column)}
      set=${(value) => set({ ...now, [column.ini]: value })} /><//>`;
  const obeyed = columns.filter((column) => column.obeyed), carried = columns.filter((column) => !column.obeyed);
  const told = isNew ? columns.filter((column) => now[column.ini] !== "") : changes;
  if (review) {
    return html`<h3>${isNew ? "New row" : "Changes"}</h3><${Table} label="Changes" head=${["Column", "Before", "After"]}
      rows=${told.map((column) => html`<tr key=${column.ini}><td>${column.ini}</td>
      <td><del>${isNew ? "" : html`<${Shown} column=${column} value=${before[column.ini]} />`}</del></td>
      <td><ins><${Shown} column=${column} value=${now[column.ini]} /></ins></td></tr>`)} />
    <footer><button type="button" onClick=${() => show(false)}>Back</button><${Act} primary run=${go}>Apply<//></footer>`;
  }
  return html`<form onSubmit=${(event) => { event.preventDefault(); show(true); }}>
    ${error && !found && html`<${Trouble} error=${error} />`}${children}
    <div class="fields">${obeyed.map(field)}</div>
    ${carried.length > 0 && html`<details open=${carried.some(wrongAt) || undefined}><summary>${carried.length} more that are kept and exported, without effect here</summary>
      <div class="fields">${carried.map(field)}</div></details>`}
    <footer><button type="button" onClick=${close}>Cancel</button>
    <button class="primary" disabled=${!isNew && changes.length === 0}>Review ${isNew ? "row" : changes.length === 1 ? "1 change" : `${changes.length} changes`}</button></footer></form>`;
}

function Row({ table, index, row, all, close, applied }) {
  const before = useMemo(() => Object.fromEntries(table.columns.map((column) => [column.ini, row?.[column.ini] ?? start(column)])), []);
  const [at, number] = useState(index);
  const apply = async (now) => { await api.upload("files/ini/incremental", rowAsIni(table, at, now), { name: "row.ini" }); applied(); };
  return html`<${Dialog} title=${row ? `${table.ini} ${index}` : `New row of ${table.ini}`} close=${close}>
    <${Form} columns=${table.columns} before=${before} isNew=${!row} all=${all} close=${close} apply=${apply}>
      ${!row && html`<${Field} id="row-index" label="Index"><input id="row-index" inputmode="numeric" value=${at} onInput=${(event) => number(event.target.value)} /><//>`}<//><//>`;
}

function Settings({ set, all, close, applied }) {
  const before = useMemo(() => Object.fromEntries(set.columns.map((column) => [column.ini, all.values.get(column.ini) ?? start(column)])), []);
  const apply = async (now, changes) => {
    const text = parametersAsIni(changes.map((column) => [column, now[column.ini]]));
    await api.upload("files/ini/incremental", text, { name: "parameters.ini" });
    applied();
  };
  return html`<${Dialog} title=${set.title} close=${close}>
    <${Form} columns=${set.columns} before=${before} all=${all} close=${close} apply=${apply} /><//>`;
}

// How the CLI names a row: by its index, a row of a child table by its parent's index and its place there.
function cliIndex(table, index, row, all) {
  const parent = table.columns.find((column) => column.parent), place = table.columns.find((column) => column.position);
  if (!parent || !place) return index;
  const target = all.tables.find((one) => one.ini === parent.parent);
  const named = [...(all.rows.get(target.ini)?.rows || [])].find(([, one]) => target.unique && one[target.unique] === row[parent.ini]);
  return `${named && parent.type !== "number" ? named[0] : row[parent.ini]}/${row[place.ini]}`;
}

function Rows({ table, all, error, again, title }) {
  const [edit, open] = useState(null);
  const [words, filter] = useState("");
  const every = [...(all.rows.get(table.ini)?.rows || [])];
  const rows = every.filter(([, row]) => !words || Object.values(row).join(" ").toLowerCase().includes(words.toLowerCase()));
  const columns = table.columns.filter((column) => column.type !== "secret")
    .filter((column, n) => n < 2 || every.some(([, row]) => row[column.ini] !== undefined && row[column.ini] !== start(column))).slice(0, 7);
  const free = Math.max(-1, ...every.map(([index]) => index)) + 1;
  const remove = (index, row) => api.script(`configure ${table.area}\nno ${table.cli} ${cliIndex(table, index, row, all)}\nexit\n`).then((answer) => {
    if ((answer.status || "").toLowerCase() !== "success") throw new Error(answer.output || answer.description);
    again();
  });
  const close = () => open(null);
  return html`<${Page} title=${title || table.ini} back=${title ? null : ["#config", "All tables"]} actions=${html`
      <input aria-label="Filter rows" type="search" placeholder="Filter" value=${words} onInput=${(event) => filter(event.target.value)} />
      <button class="primary" onClick=${() => open({ index: free })}>Add row</button>`}>
    <p class="muted">${table.help} <code>configure ${table.area} / ${table.cli}</code></p><${Trouble} error=${error} />
    ${rows.length === 0 ? html`<${Nothing}>${words ? "No row matches." : "No rows."}<//>` : html`<${Table} label=${table.ini} head=${["Index", ...columns.map((column) => column.ini), ""]}
      rows=${rows.map(([index, row]) => html`<tr key=${index}><td class="count">${index}${row["!"] && html` <${Badge} tone="warning">inactive<//>`}</td>${columns.map((column) => html`<td key=${column.ini}>${
        column.words?.[row[column.ini]] ?? row[column.ini]}</td>`)}<td class="acts"><div><button onClick=${() => open({ index, row })} aria-label=${`Edit row ${index}`}>Edit</button>
        <${Act} danger confirm=${`Delete row ${index} of ${table.ini}?`} run=${() => remove(index, row)}>Delete<//></div></td></tr>`)} />`}
    ${edit && html`<${Row} key=${edit.index} table=${table} all=${all} ...${edit} close=${close} applied=${() => { close(); again(); }} />`}<//>`;
}

function Tiles({ all, error, again, settings }) {
  const [edit, open] = useState(null);
  const [words, filter] = useState("");
  const wanted = (one) => `${one.title || ""} ${one.ini || ""} ${one.help} ${one.cli} ${settings ? one.columns.map((column) => column.ini).join(" ") : ""}`.toLowerCase().includes(words.toLowerCase());
  const shown = (settings ? all.settings : all.tables).filter(wanted);
  const changed = (set) => set.columns.filter((column) => all.values.has(column.ini) && all.values.get(column.ini) !== start(column)).length;
  const table = (one) => html`<a class="card" key=${one.ini} href=${`#config/${one.ini}`}><span class="between"><b>${one.ini}</b>
    <${Badge}>${all.rows.get(one.ini)?.rows.size ?? 0}<//></span><small>${one.help}</small></a>`;
  const set = (one) => html`<button class="card" key=${one.id} onClick=${() => open(one)}><span class="between"><b>${one.title}</b>
    <${Badge} tone=${changed(one) ? "warning" : ""}>${changed(one) ? `${changed(one)} changed` : one.columns.length}<//></span><small>${one.help}</small></button>`;
  return html`<${Page} title="Configuration" actions=${html`<div class="tabs" role="group" aria-label="What to configure">
      <a href="#config" aria-current=${settings ? undefined : "true"}>Tables</a><a href="#config/parameters" aria-current=${settings ? "true" : undefined}>Parameters</a></div>
      <input aria-label=${settings ? "Filter parameters" : "Filter tables"} type="search" placeholder="Filter" value=${words} onInput=${(event) => filter(event.target.value)} />
      <${Act} run=${() => api.download("files/ini", "device.ini")}>Download INI<//>`}>
    <${Trouble} error=${error} />${shown.length === 0 && html`<${Nothing}>Nothing matches.<//>`}
    ${AREAS.map(([area, title]) => [title, shown.filter((one) => one.area === area)]).filter(([, found]) => found.length).map(([title, found]) => html`
      <section class="area" key=${title}><h2>${title}</h2><div class="tiles">${found.map(settings ? set : table)}</div></section>`)}
    ${edit && html`<${Settings} key=${edit.id} set=${edit} all=${all} close=${() => open(null)} applied=${() => { open(null); again(); }} />`}<//>`;
}

export function Configuration({ path, title }) {
  const [all, error, again] = useLive(load);
  if (!all) return error ? html`<${Trouble} error=${error} />` : html`<${Wait} />`;
  const table = all.tables.find((one) => one.ini === path[0]);
  return table ? html`<${Rows} key=${table.ini} table=${table} all=${all} error=${error} again=${again} title=${title} />`
    : html`<${Tiles} key=${path[0]} all=${all} error=${error} again=${again} settings=${path[0] === "parameters"} />`;
}
