// The frame: login, navigation, alarms bar, and the wait for a device that restarts. One rule: a page is a
// line of PAGES.
import { render } from "./preact.js";
import * as api from "./api.js";
import { Badge, Trouble, html, remember, remembered, tone, useEffect, useLive, useState } from "./ui.js";
import { Overview } from "./overview.js";
import { Alarms, detail } from "./alarms.js";
import { Calls } from "./calls.js";
import { Kpis } from "./kpi.js";
import { Configuration } from "./config.js";
import { Files, Software } from "./files.js";
import { Tls } from "./tls.js";
import { Topology } from "./topology.js";
import { Users } from "./users.js";
import { Console } from "./console.js";
import { Icon } from "./icons.js";

const PAGES = [
  ["overview", "Overview", Overview, api.MONITOR, "Watch"],
  ["alarms", "Alarms", Alarms, api.MONITOR, "Watch"],
  ["calls", "Calls", Calls, api.MONITOR, "Watch"],
  ["kpi", "Performance", Kpis, api.MONITOR, "Watch"],
  ["topology", "Topology", Topology, api.ADMINISTRATOR, "Watch"],
  ["config", "Configuration", Configuration, api.SECURITY, "Configure"],
  ["tls", "TLS contexts", Tls, api.SECURITY, "Configure"],
  ["users", "Users", Users, api.SECURITY, "Configure"],
  ["files", "Files", Files, api.ADMINISTRATOR, "Maintain"],
  ["software", "Software & licence", Software, api.ADMINISTRATOR, "Maintain"],
  ["console", "CLI console", Console, api.SECURITY, "Maintain"],
];

const focus = (field) => field && !field.value && field.focus();

function Login({ facts, done, told }) {
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
    ${told && !error && html`<p class="told" role="status">${told}</p>`}
    ${expired && !error && html`<p class="trouble" role="alert">The token was used before or is too old.</p>`}
    <label for="username">User name</label>
    <input id="username" name="username" autocomplete=${facts.completes === false ? "off" : "username"} required autofocus />
    <label for="password">Password</label>
    <input id="password" name="password" type="password" autocomplete=${facts.completes === false ? "off" : "current-password"} required />
    ${due && html`<label for="new">New password</label>
    <input id="new" name="new" type="password" autocomplete="new-password" minlength="8" maxlength="40" required aria-describedby="new-hint" ref=${focus} />
    <small id="new-hint">8 to 40 characters</small>`}
    <${Trouble} error=${error} /><button class="primary">Log in</button></form></main>`;
}

const MOST = 100;
async function active() {
  const list = await api.get(`alarms/active?limit=${MOST}`);
  return (await Promise.all((list?.alarms || []).map((alarm) => detail("active", alarm)))).filter(Boolean);
}

function AlarmsBar() {
  const [found] = useLive(active, 10);
  if (!found) return null;
  const counts = ["Critical", "Major", "Minor", "Warning", "Indeterminate"].map((name) => [name, found.filter((one) => one.severity === name).length]);
  return html`<a class="alarmsbar" href="#alarms">${found.length === 0
    ? html`<${Badge} tone="good">No active alarms<//>`
    : counts.filter(([, count]) => count).map(([name, count]) => html`<${Badge} key=${name} tone=${tone[name]}>${count}${found.length === MOST ? "+" : ""} ${name}<//>`)}</a>`;
}

function Theme() {
  const [theme, set] = useState(document.documentElement.dataset.theme);
  useEffect(() => { document.documentElement.dataset.theme = theme; remember("theme", theme); }, [theme]);
  const next = { auto: "dark", dark: "light", light: "auto" };
  return html`<button class="plain iconed" onClick=${() => set(next[theme])}><${Icon} name=${theme} />Theme: ${theme}</button>`;
}

function Menu({ pages, current, leave }) {
  const [open, set] = useState(false);
  useEffect(() => set(false), [current]);
  const groups = [...new Set(pages.map((page) => page[4]))];
  return html`<nav aria-label="Pages" class=${open ? "open" : ""}><div class="brand"><img src="/assets/icon.svg" alt="" width="28" height="28" />sbcd
      <button class="plain menu" aria-expanded=${open ? "true" : "false"} aria-controls="pages" onClick=${() => set(!open)}><${Icon} name="menu" />Menu</button></div>
    <div id="pages">${groups.map((group) => html`<div class="group" key=${group}><h2>${group}</h2><ul>${pages.filter((page) => page[4] === group)
      .map(([name, title]) => html`<li key=${name}><a href=${`#${name}`} aria-current=${current === name ? "page" : undefined}><${Icon} name=${name} />${title}</a></li>`)}</ul></div>`)}
    <div class="who"><${Theme} /><div class="person"><b>${api.session.username}</b>
      <small>${api.LEVELS[api.session.level] || api.session.level}</small></div>
      <button onClick=${async () => { await api.logout(); leave(); }}>Log out</button></div></div></nav>`;
}

function Frame({ leave }) {
  const [at, go] = useState(location.hash.slice(1) || "overview");
  useEffect(() => {
    const moved = () => { go(location.hash.slice(1) || "overview"); scrollTo(0, 0); };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const pages = PAGES.filter(([, , , level]) => api.session.level >= level);
  const [id, ...rest] = at.split("/");
  const page = pages.find(([name]) => name === id) || pages[0];
  useEffect(() => { document.title = `${page[1]} · sbcd`; }, [page]);
  return html`<a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.querySelector("main").focus(); }}>Skip to content</a>
    <${Menu} pages=${pages} current=${page[0]} leave=${leave} />
    <div class="body"><div class="top"><${AlarmsBar} /></div>
    <main tabindex="-1"><${page[2]} path=${rest} key=${page[0]} /></main></div>`;
}

// The device was told to restart: wait until it knows no session any more, which is the new one.
function Restart({ back }) {
  const [seconds, count] = useState(0);
  useEffect(() => {
    let over = false;
    const begun = Date.now();
    const turn = async () => {
      if (over) return;
      count(Math.floor((Date.now() - begun) / 1000));
      const facts = await api.who().catch(() => undefined);
      if (over) return;
      if (facts) back(facts);
      else setTimeout(turn, 1000);
    };
    setTimeout(turn, 500);
    return () => { over = true; };
  }, []);
  return html`<main class="login"><div class="card"><img src="/assets/icon.svg" alt="" width="48" height="48" /><h1>The device restarts</h1>
    <p class="muted">This page goes on by itself. Waiting for ${seconds} s.</p><progress aria-label="Restart"></progress></div></main>`;
}

function App() {
  const [state, set] = useState({ asking: true });
  const ask = () => api.who().then((facts) => set({ facts }));
  useEffect(() => {
    api.onLost(() => set((now) => (now.restarting ? now : { facts: {} })));
    api.onRestart(() => set({ restarting: true }));
    ask();
  }, []);
  if (state.asking) return null;
  if (state.restarting) {
    return html`<${Restart} back=${(facts) => set({ facts, told: `The device has restarted and runs version ${facts.version}.` })} />`;
  }
  return state.facts
    ? html`<${Login} facts=${state.facts} told=${state.told} done=${() => set({ facts: null })} />`
    : html`<${Frame} leave=${ask} />`;
}

document.documentElement.dataset.theme = remembered("theme", "auto");
render(html`<${App} />`, document.getElementById("app"));
