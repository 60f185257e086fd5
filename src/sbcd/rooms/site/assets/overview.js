// What the device says of itself, and the two actions on the whole of it.
import * as api from "./api.js";
import { Act, Badge, Card, Facts, Page, Trouble, Wait, html, span, useLive } from "./ui.js";

const soft = (load) => load.catch(() => null);

export function Overview() {
  const [status, error] = useLive(() => api.get("status"), 3);
  const [calls] = useLive(() => soft(api.get("kpi/current/sbc/callStats/global")), 3);
  const [system] = useLive(() => soft(api.get("kpi/current/system/systemStats/global")), 5);
  const [cpu] = useLive(() => soft(api.get("kpi/current/system/cpuStats/cpu/0")), 5);
  const [license] = useLive(() => (api.session.level >= api.ADMINISTRATOR ? soft(api.get("license")) : Promise.resolve(null)), 60);
  if (!status) return error ? html`<${Trouble} error=${error} />` : html`<${Wait} />`;
  const kpi = (list, id) => list?.items?.find((item) => item.id === id)?.value ?? null;
  const big = (name, value, unit = "") => html`<div class="big"><b>${value === null ? "–" : `${value}${unit}`}</b><span>${name}</span></div>`;
  return html`<${Page} title="Overview" actions=${html`<${State} status=${status} />`}>
    <${Trouble} error=${error} />
    <div class="grid">
      <${Card} title="Calls"><div class="bigs">
        ${big("active in", kpi(calls, "activeCallsIn"))}${big("active out", kpi(calls, "activeCallsOut"))}
        ${big("attempts in", kpi(calls, "attemptedCallsInTotal"))}${big("established in", kpi(calls, "establishedCallsInTotal"))}
      </div><a href="#calls">Live calls</a><//>
      <${Card} title="Machine"><div class="bigs">
        ${big("processor", kpi(cpu, "cpuUtilization"), " %")}${big("memory", kpi(system, "memoryUtilization"), " %")}
        ${big("up", span(status.systemUpTime / 100))}
      </div><a href="#kpi">Performance</a><//>
      <${Card} title="Device"><${Facts} of=${{
        Product: status.productType, Version: status.versionID, "Serial number": status.serialNumber,
        "MAC address": status.macAddress, Time: status.localTimeStamp, "High availability": status.highAvailability,
        "Software upgrade": status.upgradeStatus,
      }} /><//>
      <${Card} title="Network"><${Facts} of=${{
        Address: status.ipAddress, "Subnet mask": status.subnetMask, Gateway: status.defaultGateway,
      }} />${license && html`<h2>Licence</h2><p class="small">${license.keyDescription}</p>`}<//>
      ${api.session.level >= api.ADMINISTRATOR && html`<${Card} title="Actions"><div class="row">
        <${Act} primary run=${() => api.post("actions/saveConfiguration").then(() => "Saved")}>Save configuration<//>
        <${Act} danger confirm="Reset the device? Calls under way end." run=${() => api.post("actions/reset", { saveConfiguration: true })
    .then((answer) => answer.description)}>Save and reset<//>
      </div><//>`}
    </div><//>`;
}

const State = ({ status }) => html`
  <${Badge} tone=${status.operationalState === "UNLOCKED" ? "good" : "major"}>${status.operationalState}<//>
  ${status.saveNeeded && html`<${Badge} tone="warning">Save needed<//>`}
  ${status.resetNeeded && html`<${Badge} tone="minor">Reset needed<//>`}`;
