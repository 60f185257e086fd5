// What the device says of itself, and the two actions on the whole of it.
import { detail } from "./alarms.js";
import * as api from "./api.js";
import { Act, Badge, Card, Facts, Page, Spark, Trouble, Wait, html, span, tone, useLive, useRef } from "./ui.js";

const soft = (load) => load.catch(() => null);
const kpi = (list, id) => list?.items?.find((item) => item.id === id)?.value ?? null;
const Big = ({ name, value, unit = "" }) => html`<div class="big"><b>${value === null ? "–" : `${value}${unit}`}</b><span>${name}</span></div>`;

// The last values of something that is asked again and again.
function useSeries(value, most = 60) {
  const seen = useRef({ asked: undefined, values: [] }).current;
  if (value !== seen.asked) {
    seen.asked = value;
    const found = kpi(value, "activeCallsIn");
    if (found !== null) seen.values = [...seen.values, Number(found)].slice(-most);
  }
  return seen.values;
}

function Calls() {
  const [calls] = useLive(() => soft(api.get("kpi/current/sbc/callStats/global")), 3);
  const series = useSeries(calls);
  return html`<${Card} title="Calls"><div class="bigs">
    <${Big} name="active" value=${kpi(calls, "activeCallsIn")} /><${Big} name="attempted" value=${kpi(calls, "attemptedCallsInTotal")} />
    <${Big} name="established" value=${kpi(calls, "establishedCallsInTotal")} /></div>
    <${Spark} values=${series} label="Active calls since this page was opened" />
    <p class="links"><a href="#calls">Live calls</a><a href="#kpi/current/sbc/callStats/global">All call figures</a></p><//>`;
}

function Machine({ status }) {
  const [system] = useLive(() => soft(api.get("kpi/current/system/systemStats/global")), 5);
  const [cpu] = useLive(() => soft(api.get("kpi/current/system/cpuStats/cpu/0")), 5);
  const share = (name, value) => html`<div class="share"><span>${name}</span><meter min="0" max="100" low="80" high="90" optimum="0"
    value=${value ?? 0} aria-label=${name}></meter><b>${value === null ? "–" : `${value} %`}</b></div>`;
  return html`<${Card} title="Machine">${share("Processor", kpi(cpu, "cpuUtilization"))}${share("Memory", kpi(system, "memoryUtilization"))}
    <${Facts} of=${{ "Up for": span(status.systemUpTime / 100), Time: status.localTimeStamp }} />
    <p class="links"><a href="#kpi/current/system">All system figures</a></p><//>`;
}

async function newest() {
  const list = await api.get("alarms/active?limit=3&before=2147483647");
  return (await Promise.all((list?.alarms || []).reverse().map((alarm) => detail("active", alarm)))).filter(Boolean);
}

function Newest() {
  const [alarms] = useLive(() => soft(newest()), 10);
  return html`<${Card} title="Newest alarms">${!alarms ? html`<${Wait} />` : alarms.length === 0 ? html`<p class="muted">Nothing is wrong.</p>`
    : html`<ul class="lines">${alarms.map((alarm) => html`<li key=${alarm.id}><${Badge} tone=${tone[alarm.severity]}>${alarm.severity}<//><span>${alarm.description}
      <small>${alarm.source}</small></span></li>`)}</ul>`}<p class="links"><a href="#alarms">Active alarms</a><a href="#alarms/history">History</a></p><//>`;
}

function Licence() {
  const [license] = useLive(() => soft(api.get("license")), 60);
  const limits = [...(license?.keyDescription || "").matchAll(/([A-Z][A-Za-z-]+)=(\d+)/g)];
  return html`<${Card} title="Licence">${license && html`<p class="small">${license.key ? "A key is loaded." : "No key is loaded: the free capacity holds."}</p>
    <ul class="chips">${limits.map(([, name, number]) => html`<li key=${name}><span>${name}</span><b>${number}</b></li>`)}</ul>`}<//>`;
}

export function Overview() {
  const [status, error] = useLive(() => api.get("status"), 3);
  const [media] = useLive(() => soft(api.get("mc_status")), 10);
  if (!status) return error ? html`<${Trouble} error=${error} />` : html`<${Wait} />`;
  return html`<${Page} title="Overview" actions=${html`<${State} status=${status} />`}>
    <${Trouble} error=${error} />
    <div class="grid"><${Calls} /><${Machine} status=${status} /><${Newest} />
      <${Card} title="Device"><${Facts} of=${{
        Product: status.productType, Version: status.versionID, "Serial number": status.serialNumber, "MAC address": status.macAddress,
        "High availability": status.highAvailability, "Software upgrade": status.upgradeStatus }} /><//>
      <${Card} title="Network"><${Facts} of=${{ Address: status.ipAddress, "Subnet mask": status.subnetMask, Gateway: status.defaultGateway }} />
      ${media?.mediaComponents?.length > 0 && html`<h3>Media relays</h3><ul class="lines">${media.mediaComponents.map((one) => html`<li key=${one.id}>
        <${Badge} tone=${/up|active|connected|in service/i.test(one.status) ? "good" : "major"}>${one.status}<//><span>${one.name || one.id} <small>${one.activeSessions === 1 ? "1 session" : `${one.activeSessions ?? 0} sessions`}</small></span></li>`)}</ul>`}<//>
      ${api.session.level >= api.ADMINISTRATOR && html`<${Licence} />`}
    </div><//>`;
}

const reset = () => api.post("actions/reset", { saveConfiguration: true }).then((answer) => api.restarts(answer).description);

const State = ({ status }) => html`
  <${Badge} tone=${status.operationalState === "UNLOCKED" ? "good" : "major"}>${status.operationalState}<//>
  ${status.saveNeeded && html`<${Badge} tone="warning">Save needed<//>`}
  ${status.resetNeeded && html`<${Badge} tone="minor">Reset needed<//>`}
  ${api.session.level >= api.ADMINISTRATOR && html`
  <${Act} primary=${status.saveNeeded} run=${() => api.post("actions/saveConfiguration").then(() => "Saved")}>Save configuration<//>
  <${Act} danger confirm="Reset the device? Calls under way end." run=${reset}>Save and reset<//>`}`;
