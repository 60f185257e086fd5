// The few building blocks of every page.
import { html, useEffect, useRef, useState } from "./preact.js";

export { html, useEffect, useRef, useState };
export { useMemo } from "./preact.js";

// What a browser remembers for the reader; in a frame of another host it may refuse.
export function remembered(name, otherwise) {
  try { return localStorage.getItem(name) || otherwise; } catch { return otherwise; }
}
export function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* then it is for this page only */ }
}

// Calls `load` now and every `seconds`; gives [value, error, again].
export function useLive(load, seconds = 0, keys = []) {
  const [state, set] = useState([undefined, null]);
  const [turn, next] = useState(0);
  useEffect(() => {
    let over = false;
    const once = () => load().then((value) => !over && set([value, null]), (error) => !over && set(([old]) => [old, error]));
    once();
    const timer = seconds ? setInterval(() => document.hidden || once(), seconds * 1000) : 0;
    return () => { over = true; clearInterval(timer); };
  }, [turn, ...keys]);
  return [...state, () => next((n) => n + 1)];
}

export const Page = ({ title, actions, back, children }) => html`
  <header class="page"><div>${back && html`<a class="back" href=${back[0]}>‹ ${back[1]}</a>`}<h1>${title}</h1></div><div class="actions">${actions}</div></header>${children}`;

export const Card = ({ title, children, wide }) => html`
  <section class=${`card${wide ? " wide" : ""}`}>${title && html`<h2>${title}</h2>`}${children}</section>`;

export const Trouble = ({ error }) => error && html`<p class="trouble" role="alert">${error.message}</p>`;
export const Wait = () => html`<p class="wait" role="status">Loading…</p>`;
export const Nothing = ({ children }) => html`<p class="nothing">${children}</p>`;

export const Badge = ({ tone, children }) => html`<span class=${`badge ${tone || ""}`}>${children}</span>`;

export const Facts = ({ of }) => html`<dl class="facts">${Object.entries(of).map(([name, value]) => html`
  <div key=${name}><dt>${name}</dt><dd>${value === null || value === undefined ? "–" : value}</dd></div>`)}</dl>`;

export const Table = ({ head, rows, label }) => html`
  <div class="scroll" tabindex="0" role="region" aria-label=${label}><table><thead><tr>${head.map((title) => html`
  <th scope="col" key=${title}>${title}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;

export const Field = ({ label, hint, error, id, children }) => html`
  <div class=${`field${error ? " wrong" : ""}`}><label for=${id}>${label}</label>${children}
  ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
  ${error && html`<small class="error" role="alert">${error}</small>`}</div>`;

export function Dialog({ title, close, children }) {
  const ref = useRef();
  useEffect(() => {
    const dialog = ref.current;
    dialog.showModal();
    return () => dialog.close(); // which gives the focus back
  }, []);
  return html`<dialog ref=${ref} onCancel=${close} aria-labelledby="dialog-title">
    <header><h2 id="dialog-title">${title}</h2>
    <button class="plain" aria-label="Close" onClick=${close}>×</button></header>${children}</dialog>`;
}

// A button that waits for what it starts and shows how it ended below it.
export function Act({ run, children, danger, confirm, primary }) {
  const [state, set] = useState({});
  const go = async () => {
    if (confirm && !window.confirm(confirm)) return;
    set({ busy: true });
    try { set({ done: (await run()) || "Done" }); } catch (error) { set({ error }); }
  };
  return html`<div class="act"><button type="button" disabled=${state.busy} class=${danger ? "danger" : primary ? "primary" : ""}
    onClick=${go}>${state.busy ? "Working…" : children}</button>
    ${state.done && html`<small class="done" role="status">${state.done}</small>`}<${Trouble} error=${state.error} /></div>`;
}

// How far an upload is: a bar while it is sent, a bar without a measure while the device checks it.
export const Progress = ({ part }) => html`<div class="progress" role="status">
  <progress max="1" value=${part < 1 ? part : undefined} aria-label="Upload"></progress>
  <small>${part < 1 ? `${Math.floor(part * 100)} % sent` : "Sent; the device checks it…"}</small></div>`;

export function Upload({ label, run, accept, confirm, danger }) {
  const [state, set] = useState({});
  const input = useRef();
  const go = async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    try {
      if (confirm && !window.confirm(confirm)) return;
      set({ part: 0 });
      const answer = await run(file, (part) => set({ part }));
      set({ done: answer.description || "Loaded" });
    } catch (error) { set({ error }); } finally { if (input.current) input.current.value = ""; }
  };
  return html`<div class="act"><label class=${`button${danger ? " danger" : ""}`}><input ref=${input} type="file" accept=${accept} onChange=${go}
    disabled=${state.part !== undefined} />${label}</label>
    ${state.part !== undefined && html`<${Progress} part=${state.part} />`}
    ${state.done && html`<small class="done" role="status">${state.done}</small>`}<${Trouble} error=${state.error} /></div>`;
}

// What was measured while the page is open, as a line without axes.
export function Spark({ values, label }) {
  const most = Math.max(1, ...values), step = 100 / Math.max(1, values.length - 1);
  const points = values.map((value, n) => `${(n * step).toFixed(1)},${(28 - (value / most) * 26).toFixed(1)}`).join(" ");
  return html`<svg class="spark" viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${values.length > 1 && html`<polygon points=${`0,30 ${points} 100,30`} /><polyline points=${points} />`}</svg>`;
}

// A date as people read it; the device's own text in the title.
export function When({ date }) {
  const at = new Date(date);
  const text = Number.isNaN(at.getTime()) ? date : at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return html`<time datetime=${date} title=${date}>${text}</time>`;
}

export const tone = { Critical: "critical", Major: "major", Minor: "minor", Warning: "warning", Cleared: "good" };

export function span(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const out = [];
  let rest = Math.floor(seconds);
  for (const [size, unit] of parts) {
    if (rest >= size || (unit === "s" && !out.length)) { out.push(`${Math.floor(rest / size)} ${unit}`); rest %= size; }
    if (out.length === 2) break;
  }
  return out.join(" ");
}
