// The calls that are up now.
import * as api from "./api.js";
import { Nothing, Page, Table, Trouble, Wait, html, span, useLive } from "./ui.js";

export function Calls() {
  const [found, error] = useLive(() => api.get("calls/active"), 2);
  const calls = found?.calls || [];
  return html`<${Page} title="Live calls" actions=${html`<span class="muted">${calls.length} active</span>`}>
    <${Trouble} error=${error} />
    ${found === undefined && !error ? html`<${Wait} />` : !error && calls.length === 0 ? html`<${Nothing}>No call is up.<//>` : html`
    <${Table} label="Live calls" head=${["Caller", "Callee", "From", "To", "State", "Duration", "Session"]} rows=${calls.map((call) => html`
      <tr key=${call.session}><td>${call.caller}</td><td>${call.callee}</td><td>${call.source}</td><td>${call.destination}</td>
      <td>${call.state}</td><td>${span(call.duration)}</td><td><code>${call.session}</code></td></tr>`)} />`}<//>`;
}
