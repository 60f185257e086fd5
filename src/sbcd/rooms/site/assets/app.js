// The frame: login, navigation, alarms bar. One rule: a page is a line of PAGES.
import { render } from "./preact.js";
import * as api from "./api.js";
import { Badge, Trouble, html, tone, useEffect, useLive, useState } from "./ui.js";
import { Overview } from "./overview.js";
import { Alarms } from "./alarms.js";
import { Calls } from "./calls.js";
import { Kpis } from "./kpi.js";
import { Configuration } from "./config.js";
import { Files, Software } from "./files.js";
import { Tls } from "./tls.js";
import { Users } from "./users.js";
import { Console } from "./console.js";

const PAGES = [
  ["overview", "Overview", Overview, api.MONITOR],
  ["alarms", "Alarms", Alarms, api.MONITOR],
  ["calls", "Calls", Calls, api.MONITOR],
  ["kpi", "Performance", Kpis, api.MONITOR],
  ["config", "Configuration", Configuration, api.SECURITY],
  ["tls", "TLS contexts", Tls, api.SECURITY],
  ["users", "Users", Users, api.SECURITY],
  ["files", "Files", Files, api.ADMINISTRATOR],
  ["software", "Software & licence", Software, api.ADMINISTRATOR],
  ["console", "CLI console", Console, api.SECURITY],
];

function Login({ facts, done }) {
  const [error, fail] = useState(null);
  const [due, ask] = useState(false);
  const expired = location.search.includes("mode=expired");
  const send = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    try {
      await api.login(form.get("username"), form.get("password"), form.get("new") || "");
      done();
    } catch (wrong) { ask(due || wrong.due); fail(wrong); }
  };
  return html`<main class="login"><form class="card" onSubmit=${send}>
    <img src="/assets/icon.svg" alt="" width="48" height="48" /><h1>${facts.product || "sbcd"}</h1>
    <p class="muted">Session border controller${facts.version ? ` ${facts.version}` : ""}</p>
    ${expired && !error && html`<p class="trouble" role="alert">The token was used before or is too old.</p>`}
    <label for="username">User name</label>
    <input id="username" name="username" autocomplete="username" required autofocus />
    <label for="password">Password</label>
    <input id="password" name="password" type="password" autocomplete="current-password" required />
    ${due && html`<label for="new">New password</label>
    <input id="new" name="new" type="password" autocomplete="new-password" minlength="8" maxlength="40" required />`}
    <${Trouble} error=${error} /><button class="primary">Log in</button></form></main>`;
}

function AlarmsBar() {
  const [list] = useLive(() => api.get("alarms/active?limit=20"), 10);
  const alarms = list?.alarms || [];
  const [details] = useLive(
    () => Promise.all(alarms.slice(0, 20).map((alarm) => api.get(`alarms/active/${alarm.id}`).catch(() => null))),
    0, [alarms.map((alarm) => alarm.id).join()]);
  const found = (details || []).filter(Boolean);
  const worst = ["Critical", "Major", "Minor", "Warning"].map((name) => [name, found.filter((one) => one.severity === name).length]);
  return html`<a class="alarmsbar" href="#alarms">${alarms.length === 0
    ? html`<${Badge} tone="good">No active alarms<//>`
    : worst.filter(([, count]) => count).map(([name, count]) => html`<${Badge} key=${name} tone=${tone[name]}>${count} ${name}<//>`)}</a>`;
}

function Theme() {
  const [theme, set] = useState(localStorage.getItem("theme") || "auto");
  useEffect(() => { document.documentElement.dataset.theme = theme; localStorage.setItem("theme", theme); }, [theme]);
  const next = { auto: "dark", dark: "light", light: "auto" };
  return html`<button class="plain" onClick=${() => set(next[theme])}>Theme: ${theme}</button>`;
}

function Frame({ leave }) {
  const [at, go] = useState(location.hash.slice(1) || "overview");
  useEffect(() => {
    const moved = () => go(location.hash.slice(1) || "overview");
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const pages = PAGES.filter(([, , , level]) => api.session.level >= level);
  const [id, ...rest] = at.split("/");
  const page = pages.find(([name]) => name === id) || pages[0];
  useEffect(() => { document.title = `${page[1]} · sbcd`; }, [page]);
  return html`<a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.querySelector("main").focus(); }}>Skip to content</a>
    <nav aria-label="Pages"><div class="brand"><img src="/assets/icon.svg" alt="" width="28" height="28" />sbcd</div>
    <ul>${pages.map(([name, title]) => html`<li key=${name}><a href=${`#${name}`}
      aria-current=${page[0] === name ? "page" : undefined}>${title}</a></li>`)}</ul>
    <div class="who"><${Theme} /><span>${api.session.username}</span>
    <small>${api.LEVELS[api.session.level] || api.session.level}</small>
    <button onClick=${async () => { await api.logout(); leave(); }}>Log out</button></div></nav>
    <div class="body"><div class="top"><${AlarmsBar} /></div>
    <main tabindex="-1"><${page[2]} path=${rest} key=${page[0]} /></main></div>`;
}

function App() {
  const [state, set] = useState({ asking: true });
  const ask = () => api.who().then((facts) => set({ facts }));
  useEffect(() => { api.onLost(() => set({ facts: {} })); ask(); }, []);
  if (state.asking) return null;
  return state.facts
    ? html`<${Login} facts=${state.facts} done=${() => set({ facts: null })} />`
    : html`<${Frame} leave=${ask} />`;
}

document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";
render(html`<${App} />`, document.getElementById("app"));
