// Files in and out, the debug file, software and licence.
import * as api from "./api.js";
import { Act, Card, Facts, Page, Trouble, Upload, Wait, html, useLive, useState } from "./ui.js";

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

export function Files() {
  const [found, error] = useLive(() => api.get("files"));
  const [told, tell] = useState("");
  const [password, set] = useState("");
  const secure = api.session.level >= api.SECURITY;
  if (!found) return error ? html`<${Trouble} error=${error} />` : html`<${Wait} />`;
  const key = password ? `?password=${encodeURIComponent(password)}` : "";
  return html`<${Page} title="Files"><div class="grid">
    ${secure && html`<${Card} title="Configuration"><div class="row">
      <${Act} run=${() => api.download("files/ini", "device.ini")}>Download INI<//>
      <${Act} run=${() => api.download("files/cliScript", "device.cli")}>Download CLI script<//></div>
      <div class="row"><${Upload} label="Load part of an INI" run=${(file, progress) => api.upload("files/ini/incremental", file, { progress })} />
      <${Upload} label="Replace by INI and reset" run=${(file, progress) => api.upload("files/ini", file, { progress })} /></div><//>
    <${Card} title="Configuration package"><p class="small">Everything of this device in one archive; private keys only with a password.</p>
      <label for="package-password">Password</label><input id="package-password" type="password" autocomplete="new-password" value=${password}
        onInput=${(event) => set(event.target.value)} />
      <div class="row"><${Act} run=${() => api.download(`files/configurationPackage.tar.gz${key}`, "configurationPackage.tar.gz")}>Download<//>
      <${Upload} label="Restore and reset" accept=".gz" run=${(file, progress) => api.upload("files/configurationPackage.tar.gz", file, { progress, fields: password ? { password } : {} })} /></div><//>`}
    <${Card} title="Debug file"><p class="small">Logs, state and configuration without secrets, for an engineer.</p>
      <${Act} run=${() => debugFile(tell)}>Make and download<//>${told && html`<small role="status">${told}</small>`}<//>
    <${Card} title="Auxiliary files">${found.files.filter((file) => AUXILIARY.has(file.id)).map((file) => html`<div class="line" key=${file.id}>
      <span>${file.description}</span><${Upload} label="Load" run=${(one, progress) => api.upload(`files/${file.id}`, one, { progress })} /></div>`)}<//>
  </div><//>`;
}

export function Software() {
  const [status] = useLive(() => api.get("status"), 5);
  const [license, error, again] = useLive(() => api.get("license"));
  return html`<${Page} title="Software & licence"><div class="grid">
    <${Card} title="Software">${status && html`<${Facts} of=${{ Product: status.productType, Version: status.versionID, Upgrade: status.upgradeStatus }} />`}
      <p class="small">A load is checked and unpacked beside the running software; then the device resets into it, and back if it does not work.</p>
      <${Upload} label="Load software (.cmp)" accept=".cmp" run=${(file, progress) => api.upload("files/software", file, { progress })} /><//>
    <${Card} title="Licence"><${Trouble} error=${error} />${license && html`<${Facts} of=${{
      "Serial number": license.serialNumber, Key: license.key || "none: the free capacity holds" }} /><p class="small">${license.keyDescription}</p>`}
      ${api.session.level >= api.SECURITY && html`<${Upload} label="Load licence file" run=${(file, progress) => api.upload("license", file, { progress })
      .then((answer) => { again(); return answer; })} />`}<//>
  </div><//>`;
}
