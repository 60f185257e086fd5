// Files in and out, the debug file, software and licence.
import * as api from "./api.js";
import { Act, Badge, Card, Facts, Page, Progress, Trouble, Upload, Wait, html, useLive, useRef, useState } from "./ui.js";

const AUXILIARY = new Set(["cpt", "prt", "dialplan", "casTable", "amd", "usersInfo", "voiceprompts", "sbcWizard", "fxs", "fxo"]);

async function debugFile(tell) {
  const asked = await api.post("files/create/debugFile", {});
  for (let turn = 0; turn < 120; turn += 1) {
    tell(`Being made for ${turn} s`);
    const response = await fetch(`/api/v1/files/status/${asked.transactionId}`, { headers: { "X-CSRF-Token": api.session.csrf } });
    if (response.status === 201) { api.save(await response.blob(), "debug-file.tar.gz"); tell(""); return "Downloaded"; }
    if (response.status !== 204) throw new Error(`The device answered ${response.status}`);
    await new Promise((done) => setTimeout(done, 1000));
  }
  throw new Error("The debug file is not ready after two minutes");
}

const load = (path, more) => (file, progress) => api.upload(path, file, { progress, ...more });
const replace = (path, more) => (file, progress) => load(path, more)(file, progress).then(api.restarts);

// The answer to a script is its output, also when a line of it failed.
const script = (path) => (file, progress) => load(path)(file, progress).then((answer) => {
  if ((answer.status || "success").toLowerCase() !== "success") throw new Error(answer.output || answer.description);
  return answer;
});

function Configurations() {
  const [password, set] = useState("");
  const key = password ? `?password=${encodeURIComponent(password)}` : "";
  const sure = "Replace the whole configuration and reset? Calls under way end.";
  return html`<${Card} title="Configuration"><p class="small">A part is added to what is there, at once. A whole file takes its place, and the device resets.</p>
    <div class="row"><${Act} run=${() => api.download("files/ini", "device.ini")}>Download INI<//>
    <${Upload} label="Load part of an INI" run=${load("files/ini/incremental")} /><${Upload} danger confirm=${sure} label="Replace by INI and reset" run=${replace("files/ini")} /></div>
    <div class="row"><${Act} run=${() => api.download("files/cliScript", "device.cli")}>Download CLI script<//>
    <${Upload} label="Run a CLI script" run=${script("files/cliScript/incremental")} /><${Upload} danger confirm=${sure} label="Replace by script and reset" run=${replace("files/cliScript")} /></div><//>
  <${Card} title="Configuration package"><p class="small">Everything of this device in one archive; private keys only with a password.</p>
    <label for="package-password">Password</label><input id="package-password" type="password" autocomplete="new-password" value=${password}
      onInput=${(event) => set(event.target.value)} />
    <div class="row"><${Act} run=${() => api.download(`files/configurationPackage.tar.gz${key}`, "configurationPackage.tar.gz")}>Download<//>
    <${Upload} danger confirm=${sure} label="Restore and reset" accept=".gz" run=${replace("files/configurationPackage.tar.gz", { fields: password ? { password } : {} })} /></div><//>`;
}

export function Files() {
  const [found, error] = useLive(() => api.get("files"));
  const [told, tell] = useState("");
  if (!found) return error ? html`<${Trouble} error=${error} />` : html`<${Wait} />`;
  return html`<${Page} title="Files"><div class="columns"><div class="stack">
    ${api.session.level >= api.SECURITY && html`<${Configurations} />`}
    <${Card} title="Debug file"><p class="small">Logs, state and configuration without secrets, for an engineer.</p>
      <${Act} run=${() => debugFile(tell)}>Make and download<//>${told && html`<small role="status">${told}</small>`}<//></div>
    <${Card} title="Auxiliary files"><ul class="lines wide">${found.files.filter((file) => AUXILIARY.has(file.id)).map((file) => html`<li key=${file.id}>
      <span>${file.description}</span><${Upload} label="Load" run=${load(`files/${file.id}`)} /></li>`)}</ul><//>
  </div><//>`;
}

const STEPS = ["Send the load", "Check and unpack it", "Restart into it"];

// A load on its way: sent, checked by the device, restarted into; then the login page tells the new version.
function Load() {
  const [state, set] = useState({ at: -1 });
  const input = useRef();
  const go = async (event) => {
    const file = event.target.files[0];
    if (!file || !window.confirm(`Load ${file.name} and restart? Calls under way end.`)) return;
    set({ at: 0, part: 0 });
    try {
      const answer = await api.upload("files/software", file, { progress: (part) => set({ at: part < 1 ? 0 : 1, part }) });
      set({ at: 2, told: answer.description });
      api.restarts(answer);
    } catch (error) { set({ at: -1, error }); }
    if (input.current) input.current.value = "";
  };
  return html`<div class="act"><label class="button primary"><input ref=${input} type="file" accept=".cmp" disabled=${state.at >= 0} onChange=${go} />Load software (.cmp)</label>
    ${state.at >= 0 && html`<ol class="steps">${STEPS.map((step, n) => html`<li key=${step} aria-current=${n === state.at ? "step" : undefined} class=${n < state.at ? "done" : ""}>${step}</li>`)}</ol>
      ${state.at < 2 && html`<${Progress} part=${state.part} />`}`}
    ${state.told && html`<small class="done" role="status">${state.told}</small>`}<${Trouble} error=${state.error} /></div>`;
}

export function Software() {
  const [status] = useLive(() => api.get("status"), 5);
  const [license, error, again] = useLive(() => api.get("license"));
  const limits = [...(license?.keyDescription || "").matchAll(/([A-Z][A-Za-z-]+)=(\d+)/g)];
  return html`<${Page} title="Software & licence"><div class="grid">
    <${Card} title="Software">${status && html`<${Facts} of=${{ Product: status.productType, Version: status.versionID,
      Upgrade: html`<${Badge} tone=${status.upgradeStatus === "None" ? "good" : "warning"}>${status.upgradeStatus}<//>` }} />`}
      <p class="small">A load is checked and unpacked beside the running software; then the device resets into it, and back if it does not work.</p>
      <${Load} /><//>
    <${Card} title="Licence"><${Trouble} error=${error} />${license && html`<${Facts} of=${{
      "Serial number": license.serialNumber, Key: license.key || "none: the free capacity holds" }} />
      <ul class="chips">${limits.map(([, name, number]) => html`<li key=${name}><span>${name}</span><b>${number}</b></li>`)}</ul>`}
      ${api.session.level >= api.SECURITY && html`<${Upload} label="Load licence file" run=${(file, progress) => load("license")(file, progress)
      .then((answer) => { again(); return answer; })} />`}<//>
  </div><//>`;
}
