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

// The end of validity, read from the certificate: the second time inside its Validity sequence.
export function notAfter(pem) {
  const match = /-----BEGIN CERTIFICATE-----([\s\S]+?)-----END/.exec(pem);
  if (!match) return null;
  const bytes = atob(match[1].replace(/\s+/g, ""));
  const times = [...bytes.matchAll(/\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z/g)].slice(0, 2);
  if (times.length < 2) return null;
  const short = times[1][1];
  const digits = times[1][2] || `${Number(short.slice(0, 2)) < 50 ? "20" : "19"}${short}`;
  const [, y, mo, d, h, mi, s] = /(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(digits);
  return new Date(Date.UTC(y, mo - 1, d, h, mi, s));
}

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

export function Tls() {
  const [contexts, error, again] = useLive(load);
  const [request, open] = useState(null);
  if (!contexts) return error ? html`<${Trouble} error=${error} />` : html`<${Wait} />`;
  const then = (work) => work.then((answer) => { again(); return answer; });
  return html`<${Page} title="TLS contexts"><div class="grid">${contexts.map((context) => {
    const end = notAfter(context.certificate);
    const days = end && Math.floor((end - Date.now()) / 86400000);
    const base = `files/tls/${context.id}`;
    return html`<${Card} key=${context.id} title=${`${context.id} · ${context.name}`}>
      <${Facts} of=${{ "Private key": context.key.error ? context.key.error.message : `${context.key.size} bit${context.key.valid ? "" : ", not valid"}`,
        Expires: end ? html`${end.toISOString().slice(0, 10)} <${Badge} tone=${days < 0 ? "critical" : days < 30 ? "minor" : "good"}>${days} days<//>` : "no certificate" }} />
      <div class="row"><${Upload} label="Load certificate" run=${(file, progress) => then(api.upload(`${base}/certificate`, file, { progress }))} />
      <${Upload} label="Load private key" run=${(file, progress) => then(api.upload(`${base}/privateKey`, file, { progress }))} />
      <${Upload} label="Add trusted root" run=${(file, progress) => then(api.upload(`${base}/trustedRoot/incremental`, file, { progress }))} /></div>
      <div class="row"><button onClick=${() => open(context.id)}>Signing request</button>
      <${Act} confirm="Make a new private key? The certificate will no longer fit." run=${() => then(api.post(`${base}/privateKey/generate`, { size: 2048 })).then((answer) => answer.description)}>New key (2048)<//>
      <${Act} confirm="Replace the certificate by a self-signed one?" run=${() => then(api.post(`${base}/certificate/generate`, { subjectName: location.hostname })).then((answer) => answer.description)}>Self-signed<//>
      <${Act} run=${() => api.download(`${base}/certificate`, `context-${context.id}.pem`)}>Download certificate<//></div><//>`;
  })}</div>${request !== null && html`<${Request} id=${request} close=${() => open(null)} />`}<//>`;
}
