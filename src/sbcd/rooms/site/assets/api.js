// The REST API, as this page uses it. One rule: every answer that is not 2xx becomes an Error with the
// device's own sentence.
export const session = { username: "", level: 0, csrf: "", timeout: 900 };
export const MONITOR = 50, ADMINISTRATOR = 100, SECURITY = 200;
export const LEVELS = { 50: "Monitor", 100: "Administrator", 200: "Security Administrator", 220: "Master" };

let lost = () => {};
export const onLost = (call) => { lost = call; };

let restarted = () => {};
export const onRestart = (call) => { restarted = call; };

// What makes the device restart: shows for a moment what it said, then waits for it.
export const restarts = (answer) => { setTimeout(restarted, 1500); return answer; };

// A page that refreshes itself while nobody touches it does not keep its session alive.
let touched = Date.now();
for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"]) {
  addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
}
const background = () => (Date.now() - touched > 5000 ? { "X-Background": "1" } : {});

const headers = (more) => ({ "X-CSRF-Token": session.csrf || "none", Accept: "application/json", ...background(), ...more });

async function checked(response) {
  if (response.status === 401) { lost(); throw new Error("The session has ended: log in again"); }
  if (response.ok) return response;
  let text = `${response.status} ${response.statusText}`;
  try { text = (await response.json()).description || text; } catch { /* not JSON: the status says it */ }
  throw Object.assign(new Error(text), { status: response.status });
}

export async function get(path) {
  const response = await checked(await fetch(path.startsWith("/") ? path : `/api/v1/${path}`, { headers: headers() }));
  return response.status === 204 ? null : response.json();
}

export async function text(path) {
  return (await checked(await fetch(`/api/v1/${path}`, { headers: headers({ Accept: "*/*" }) }))).text();
}

export async function post(path, body = {}) {
  const response = await checked(await fetch(`/api/v1/${path}`, {
    method: "POST", headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(body),
  }));
  const type = response.headers.get("content-type") || "";
  if (type.includes("json")) return response.json();
  return response.text();
}

// Uploads one file (a File, a Blob or a text); progress is told in parts of one.
export function upload(path, content, { name = "file.txt", fields = {}, progress = () => {} } = {}) {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append("file", typeof content === "string" ? new Blob([content]) : content, content.name || name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/api/v1/${path}`);
    request.setRequestHeader("X-CSRF-Token", session.csrf || "none");
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new Error("The device does not answer"));
    request.onload = () => {
      let body = {};
      try { body = JSON.parse(request.responseText || "{}"); } catch { body = { description: request.responseText }; }
      if (request.status === 401) { lost(); reject(new Error("The session has ended: log in again")); }
      else if (request.status < 300) resolve(body);
      else reject(new Error(body.description || `${request.status}`));
    };
    request.send(form);
  });
}

export async function download(path, name) {
  const response = await checked(await fetch(`/api/v1/${path}`, { headers: headers({ Accept: "*/*" }) }));
  if (response.status === 204) throw new Error("There is nothing to download yet");
  save(await response.blob(), name);
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export async function login(username, password, newPassword = "") {
  const response = await fetch("/session", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password, ...(newPassword && { newPassword }) }),
  });
  const body = await response.json();
  if (!response.ok) throw Object.assign(new Error(body.description), { due: response.status === 409 });
  Object.assign(session, body);
}

export async function who() {
  const response = await fetch("/session", { headers: { "X-CSRF-Token": "none" } });
  const body = await response.json();
  if (!response.ok) return body;
  Object.assign(session, body);
  return null;
}

export async function logout() {
  await fetch("/session", { method: "DELETE", headers: headers() });
  Object.assign(session, { username: "", level: 0, csrf: "" });
}

// A CLI script; the whole output of it.
export const script = (lines) => upload("files/cliScript/incremental", lines, { name: "script.txt" });
