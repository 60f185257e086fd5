// The configuration tables: browse, edit one row, see what changes, apply. The device checks; what it refuses
// is shown at its field.
import * as api from "./api.js";
import { parse, rowAsIni } from "./ini.js";
import { Act, Badge, Dialog, Field, Nothing, Page, Table, Trouble, Wait, html, useLive, useMemo, useState } from "./ui.js";

async function load() {
  const [ini, declared] = await Promise.all([api.text("files/ini"), api.get("/tables.json")]);
  return { rows: parse(ini), tables: declared.tables };
}

const start = (column) => (column.default === null || column.default === undefined ? "" : String(column.default));

function hint(column) {
  const parts = [column.help];
  if (column.low !== null && column.low !== undefined) parts.push(`${column.low} to ${column.high}`);
  if (column.most) parts.push(`at most ${column.most} characters`);
  if (column.refers) parts.push(`names a row of ${column.refers}`);
  if (!column.obeyed) parts.push("carried, without effect here");
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
  return html`<input ...${more} type=${column.type === "secret" ? "password" : "text"} autocomplete="off" list=${names.length ? `${id}-list` : undefined}
    onInput=${on} />${names.length > 0 && html`<datalist id=${`${id}-list`}>${names.map((name) => html`<option key=${name} value=${name} />`)}</datalist>`}`;
}

function Row({ table, index, row, all, close, applied }) {
  const before = useMemo(() => Object.fromEntries(table.columns.map((column) => [column.ini, row?.[column.ini] ?? start(column)])), []);
  const [now, set] = useState(before);
  const [at, number] = useState(index);
  const [review, show] = useState(false);
  const [error, fail] = useState(null);
  const changes = table.columns.filter((column) => now[column.ini] !== before[column.ini]);
  const wrongAt = (column) => error && new RegExp(`\\b${column.ini}\\b`).test(error.message) && error.message;
  const found = error && table.columns.some(wrongAt);
  const names = (column) => {
    const target = column.refers && all.tables.find((one) => one.ini === column.refers);
    const rows = target && all.rows.get(target.ini);
    return rows && target.unique ? [...rows.rows.values()].map((one) => one[target.unique]).filter(Boolean) : [];
  };
  const apply = async () => {
    fail(null);
    try { await api.upload("files/ini/incremental", rowAsIni(table, at, now), { name: "row.ini" }); applied(); }
    catch (wrong) { fail(wrong); show(false); throw wrong; }
  };
  return html`<${Dialog} title=${row ? `${table.ini} ${index}` : `New row of ${table.ini}`} close=${close}>
    ${error && !found && html`<${Trouble} error=${error} />`}
    ${review ? html`<h3>${row ? "Changes" : "New row"}</h3><${Table} label="Changes" head=${["Column", "Now", "Then"]}
        rows=${(row ? changes : table.columns.filter((column) => now[column.ini] !== "")).map((column) => html`<tr key=${column.ini}><td>${column.ini}</td>
        <td><del>${row ? (column.type === "secret" ? "•••" : before[column.ini]) : ""}</del></td>
        <td><ins>${column.type === "secret" ? "•••" : now[column.ini]}</ins></td></tr>`)} />
      <footer><button onClick=${() => show(false)}>Back</button><${Act} primary run=${apply}>Apply<//></footer>` : html`
      <form onSubmit=${(event) => { event.preventDefault(); show(true); }}>
        ${!row && html`<${Field} id="row-index" label="Index"><input id="row-index" inputmode="numeric" value=${at} onInput=${(event) => number(event.target.value)} /><//>`}
        <div class="fields">${table.columns.map((column) => html`<${Field} key=${column.ini} id=${`col-${column.ini}`} label=${column.ini}
          hint=${hint(column)} error=${wrongAt(column)}><${Input} id=${`col-${column.ini}`} column=${column} value=${now[column.ini]} names=${names(column)}
          wrong=${wrongAt(column)} set=${(value) => set({ ...now, [column.ini]: value })} /><//>`)}</div>
        <footer><button type="button" onClick=${close}>Cancel</button>
        <button class="primary" disabled=${row && changes.length === 0}>Review ${row ? changes.length : ""} ${row ? "changes" : "row"}</button></footer></form>`}<//>`;
}

export function Configuration({ path }) {
  const [all, error, again] = useLive(load);
  const [edit, open] = useState(null);
  const [words, filter] = useState("");
  if (!all) return error ? html`<${Trouble} error=${error} />` : html`<${Wait} />`;
  const table = all.tables.find((one) => one.ini === path[0]);
  if (!table) {
    const shown = all.tables.filter((one) => `${one.ini} ${one.help} ${one.cli}`.toLowerCase().includes(words.toLowerCase()));
    return html`<${Page} title="Configuration" actions=${html`<input aria-label="Filter tables" placeholder="Filter tables" value=${words}
        onInput=${(event) => filter(event.target.value)} />
      <${Act} run=${() => api.download("files/ini", "device.ini")}>Download INI<//>`}>
      <div class="tiles">${shown.map((one) => html`<a class="card" key=${one.ini} href=${`#config/${one.ini}`}><b>${one.ini}</b>
        <small>${one.help}</small><${Badge}>${all.rows.get(one.ini)?.rows.size ?? 0} rows<//></a>`)}</div><//>`;
  }
  const rows = [...(all.rows.get(table.ini)?.rows || [])].filter(([, row]) => !words || Object.values(row).join(" ").toLowerCase().includes(words.toLowerCase()));
  const columns = table.columns.filter((column) => column.type !== "secret").filter((column, n) => n < 2 || rows.some(([, row]) => row[column.ini] !== undefined && row[column.ini] !== start(column))).slice(0, 9);
  const free = Math.max(-1, ...rows.map(([index]) => index)) + 1;
  const remove = (index) => api.script(`configure ${table.area}\nno ${table.cli} ${index}\nexit\n`).then((answer) => {
    if ((answer.status || "").toLowerCase() !== "success") throw new Error(answer.output || answer.description);
    again();
  });
  return html`<${Page} title=${table.ini} actions=${html`<a href="#config">All tables</a>
      <input aria-label="Filter rows" placeholder="Filter" value=${words} onInput=${(event) => filter(event.target.value)} />
      <button class="primary" onClick=${() => open({ index: free })}>Add row</button>`}>
    <p class="muted">${table.help} <code>configure ${table.area} / ${table.cli}</code></p><${Trouble} error=${error} />
    ${rows.length === 0 ? html`<${Nothing}>No rows.<//>` : html`<${Table} label=${table.ini} head=${["Index", ...columns.map((column) => column.ini), ""]}
      rows=${rows.map(([index, row]) => html`<tr key=${index}><td>${index}</td>${columns.map((column) => html`<td key=${column.ini}>${
        column.words?.[row[column.ini]] ?? row[column.ini]}</td>`)}<td class="row"><button onClick=${() => open({ index, row })}>Edit</button>
        <${Act} danger confirm=${`Delete row ${index} of ${table.ini}?`} run=${() => remove(index)}>Delete<//></td></tr>`)} />`}
    ${edit && html`<${Row} key=${edit.index} table=${table} all=${all} ...${edit} close=${() => open(null)} applied=${() => { open(null); again(); }} />`}<//>`;
}
