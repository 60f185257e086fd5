// The calls that are up now, and the trace of what was said in them and in those before.
import * as api from "./api.js";
import { Act, Card, Dialog, Nothing, Page, Table, Trouble, Wait, html, span, useLive, useState } from "./ui.js";

export function Calls() {
  const [found, error] = useLive(() => api.get("calls/active"), 2);
  const calls = found?.calls || [];
  return html`<${Page} title="Live calls" actions=${html`<span class="muted">${calls.length} active</span>`}>
    <${Trouble} error=${error} />
    ${found === undefined && !error ? html`<${Wait} />` : !error && calls.length === 0 ? html`<${Nothing}>No call is up.<//>` : html`
    <${Table} label="Live calls" head=${["Caller", "Callee", "From", "To", "State", "Duration", "Session"]} rows=${calls.map((call) => html`
      <tr key=${call.session}><td>${call.caller}</td><td>${call.callee}</td><td>${call.source}</td><td>${call.destination}</td>
      <td>${call.state}</td><td>${span(call.duration)}</td><td><code>${call.session}</code></td></tr>`)} />`}
    ${api.session.level >= api.ADMINISTRATOR && html`<${Trace} />`}<//>`;
}

function Trace() {
  const [found, error] = useLive(() => api.get("calls/trace"), 5);
  const [open, show] = useState(0);
  if (!found?.on) return html`<${Trouble} error=${error} />`;
  const calls = found.calls.slice(-100).reverse();
  return html`<${Card} title="Trace" wide>
    ${calls.length === 0 ? html`<${Nothing}>Nothing was said yet.<//>` : html`
    <${Table} label="Trace" head=${["Since", "Method", "Caller", "Callee", "Messages", "Session"]} rows=${calls.map((call) => html`
      <tr key=${call.session}><td>${call.since.slice(11, 23)}</td><td>${call.method}</td><td>${call.caller}</td><td>${call.callee}</td>
      <td>${call.messages}</td><td><button onClick=${() => show(call.session)}>Trace ${call.session}</button></td></tr>`)} />`}
    ${open > 0 && html`<${Ladder} session=${open} close=${() => show(0)} />`}<//>`;
}

function Ladder({ session, close }) {
  const [full, whole] = useState(false);
  const [text, error] = useLive(() => api.text(`calls/trace/${session}${full ? "?full=1" : ""}`), 0, [full]);
  return html`<${Dialog} title=${`Session ${session}`} close=${close}>
    <${Trouble} error=${error} />
    ${text === undefined && !error ? html`<${Wait} />` : html`<pre class="ladder" tabindex="0">${text}</pre>`}
    <p><button onClick=${() => whole(!full)}>${full ? "Without messages" : "With messages"}</button>
    <${Act} run=${() => api.download(`calls/trace/${session}/pcap`, `call-${session}.pcap`)}>Capture file<//></p><//>`;
}
