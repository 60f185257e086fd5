// TLS contexts: what they serve, until when, and the way from key to request to certificate.
import * as api from "./api.js";
import { Act, Badge, Card, Dialog, Facts, Page, Trouble, Upload, Wait, html, useLive, useState } from "./ui.js";

async function load() {
  const { tls } = await api.get("files/tls");
  return Promise.all(tls.map(async (context) => ({
    ...context,
    key: await api.get(`files/tls/${context.id}/privateKey`).catch((error) => ({ error })),
    certificate: await api.text(`files/tls/${context.id}/certificate`).catch(() => ""),
  })));
}

// What people look for in a certificate, read from its bytes: both times of its validity, and the common names
// of who issued it and to whom (in this order in every certificate).
export function read(pem) {
  const match = /-----BEGIN CERTIFICATE-----([\s\S]+?)-----END/.exec(pem);
  if (!match) return null;
  const bytes = atob(match[1].replace(/\s+/g, ""));
  const times = [...bytes.matchAll(/\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z/g)].slice(0, 2);
  if (times.length < 2) return null;
  const short = times[1][1];
  const digits = times[1][2] || `${Number(short.slice(0, 2)) < 50 ? "20" : "19"}${short}`;
  const [, y, mo, d, h, mi, s] = /(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(digits);
  const name = (part) => {
    const at = part.indexOf("\x06\x03\x55\x04\x03");
    return at < 0 ? null : decode(part.slice(at + 7, at + 7 + part.charCodeAt(at + 6)));
  };
  return { end: new Date(Date.UTC(y, mo - 1, d, h, mi, s)), by: name(bytes.slice(0, times[0].index)), to: name(element(bytes, times[1].index + times[1][0].length)) };
}

// The bytes of the ASN.1 element that begins at a place.
function element(bytes, at) {
  const first = bytes.charCodeAt(at + 1), more = first & 0x80 ? first & 0x7f : 0;
  let size = more ? 0 : first;
  for (let n = 0; n < more; n += 1) size = size * 256 + bytes.charCodeAt(at + 2 + n);
  return bytes.slice(at, at + 2 + more + size);
}

const decode = (text) => new TextDecoder().decode(Uint8Array.from(text, (sign) => sign.charCodeAt(0)));

const left = (days) => (days < 0 ? "expired" : days === 1 ? "1 day left" : `${days} days left`);

const FIELDS = [["subjectName", "Common name (CN)"], ["organizationalUnit", "Organizational unit (OU)"], ["companyName", "Company (O)"],
  ["localityName", "Locality (L)"], ["state", "State (ST)"], ["countryCode", "Country code (C)"]];

function Request({ id, close }) {
  const [text, set] = useState("");
  const ask = async (event) => {
    event.preventDefault();
    const body = Object.fromEntries([...new FormData(event.target)].filter(([, value]) => value));
    try { set(await api.post(`files/tls/${id}/certificate/request`, body)); } catch (error) { set(error.message); }
  };
  return html`<${Dialog} title="Certificate signing request" close=${close}><form onSubmit=${ask}><div class="fields">
    ${FIELDS.map(([name, label]) => html`<div class="field" key=${name}><label for=${`csr-${name}`}>${label}</label><input id=${`csr-${name}`} name=${name} /></div>`)}
    <div class="field"><label for="csr-sig">Signature</label><select id="csr-sig" name="signatureAlgorithm"><option>sha256</option><option>sha512</option><option>sha1</option></select></div>
    </div><footer><button class="primary">Make request</button></footer></form>
    ${text && html`<pre class="pem" tabindex="0">${text}</pre><button onClick=${() => api.save(new Blob([text]), `context-${id}.csr`)}>Download</button>`}<//>`;
}

function Context({ context, again, request }) {
  const [size, choose] = useState("2048");
  const then = (work) => work.then((answer) => { again(); return answer; });
  const base = `files/tls/${context.id}`;
  const load = (path) => (file, progress) => then(api.upload(`${base}/${path}`, file, { progress }));
  const make = (path, body) => () => then(api.post(`${base}/${path}`, body)).then((answer) => answer.description);
  const shown = read(context.certificate);
  const days = shown && Math.floor((shown.end - Date.now()) / 86400000);
  return html`<${Card} title=${`${context.id} · ${context.name}`}>
    <${Facts} of=${{
      "Issued to": shown?.to, "Issued by": shown?.by && shown.by === shown.to ? "itself" : shown?.by,
      Expires: shown ? html`${shown.end.toISOString().slice(0, 10)} <${Badge} tone=${days < 0 ? "critical" : days < 30 ? "minor" : "good"}>${left(days)}<//>` : "no certificate",
      "Private key": context.key.error ? context.key.error.message : html`${context.key.size} bit ${!context.key.valid && html`<${Badge} tone="major">not valid<//>`}` }} />
    <h3>Certificate</h3><div class="row"><${Upload} label="Load certificate" run=${load("certificate")} />
      <button onClick=${() => request(context.id)}>Signing request</button>
      <${Act} confirm="Replace the certificate by a self-signed one?" run=${make("certificate/generate", { subjectName: location.hostname })}>Self-signed<//>
      <${Act} run=${() => api.download(`${base}/certificate`, `context-${context.id}.pem`)}>Download certificate<//></div>
    <h3>Private key</h3><div class="row"><${Upload} label="Load private key" run=${load("privateKey")} />
      <select aria-label="Size of a new key" value=${size} onChange=${(event) => choose(event.target.value)}>${["1024", "2048", "4096"].map((one) => html`<option key=${one} value=${one}>${one} bit</option>`)}</select>
      <${Act} confirm="Make a new private key? The certificate will no longer fit." run=${make("privateKey/generate", { size: Number(size) })}>New key<//></div>
    <h3>Trusted roots</h3><div class="row"><${Upload} label="Add trusted root" run=${load("trustedRoot/incremental")} />
      <${Upload} label="Replace all" confirm="Replace all trusted roots of this context?" run=${load("trustedRoot")} />
      <${Act} run=${() => api.download(`${base}/trustedRoot`, `context-${context.id}-roots.pem`)}>Download roots<//></div><//>`;
}

export function Tls() {
  const [contexts, error, again] = useLive(load);
  const [request, open] = useState(null);
  if (!contexts) return error ? html`<${Trouble} error=${error} />` : html`<${Wait} />`;
  return html`<${Page} title="TLS contexts" actions=${html`<a class="button" href="#config/TLSContexts">Edit the table</a>`}>
    <div class="grid">${contexts.map((context) => html`<${Context} key=${context.id} context=${context} again=${again} request=${open} />`)}</div>
    ${request !== null && html`<${Request} id=${request} close=${() => open(null)} />`}<//>`;
}
