// The CLI, as a console on cliScript/incremental.
import * as api from "./api.js";
import { Page, html, useEffect, useRef, useState } from "./ui.js";

export function Console() {
  const [lines, add] = useState([["", "Configuration and show commands; several lines are one script. Try: show system version"]]);
  const [typed, type] = useState("");
  const [busy, wait] = useState(false);
  const past = useRef([]), back = useRef(0), end = useRef();
  useEffect(() => end.current.scrollIntoView({ block: "nearest" }), [lines]);
  const run = async (event) => {
    event.preventDefault();
    const script = typed.trim();
    if (!script) return;
    past.current.push(typed); back.current = 0; type(""); wait(true);
    let output;
    try { const answer = await api.script(`${script}\n`); output = answer.output || answer.status || answer.description; }
    catch (error) { output = error.message; }
    add((old) => [...old, [script, output]].slice(-200)); wait(false);
  };
  const key = (event) => {
    if (event.key === "Enter" && !event.shiftKey) { run(event); return; }
    const step = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (!step || typed.includes("\n")) return;
    back.current = Math.max(0, Math.min(past.current.length, back.current + step));
    type(back.current ? past.current.at(-back.current) : "");
    event.preventDefault();
  };
  return html`<${Page} title="CLI console"><div class="console" role="log" aria-label="Output" tabindex="0">
    ${lines.map(([script, output], n) => html`<div key=${n}>${script && html`<pre class="asked">${script}</pre>`}<pre>${output}</pre></div>`)}
    <div ref=${end}></div></div>
    <form onSubmit=${run} class="prompt"><label for="script" class="hidden">Script</label>
    <textarea id="script" rows="3" spellcheck="false" value=${typed} onInput=${(event) => type(event.target.value)} onKeyDown=${key}
      placeholder="Enter runs, Shift+Enter adds a line"></textarea><button class="primary" disabled=${busy}>${busy ? "Running…" : "Run"}</button></form><//>`;
}
