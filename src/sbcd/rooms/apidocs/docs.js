// Shows openapi.json as a list. Text goes into the page as text, never as markup.
"use strict";

function make(name, text, kind) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

function table(head, rows) {
  const result = make("table");
  for (const [index, cells] of [head, ...rows].entries()) {
    const row = result.appendChild(make("tr"));
    for (const cell of cells) row.append(make(index ? "td" : "th", cell));
  }
  return result;
}

function resolve(api, schema) {
  while (schema && schema.$ref) {
    schema = schema.$ref.slice(2).split("/").reduce((place, key) => place[key], api);
  }
  return schema || {};
}

function body(api, content) {
  const box = make("div");
  for (const [media, { schema }] of Object.entries(content || {})) {
    box.append(make("p", "Body: " + media));
    const rows = Object.entries(resolve(api, schema).properties || {}).map(([name, part]) => {
      const whole = resolve(api, part);
      const type = whole.enum ? whole.enum.join(" | ") : whole.type || (whole.anyOf || []).map((one) => one.type).join(" | ");
      return [name, type || "", whole.default === undefined ? "" : JSON.stringify(whole.default)];
    });
    if (rows.length) box.append(table(["Attribute", "Type", "Default"], rows));
  }
  return box;
}

function tryIt(path) {
  const box = make("div");
  const button = box.appendChild(make("button", "GET it now"));
  button.addEventListener("click", async () => {
    const answer = await fetch(path);
    const text = await answer.text();
    box.querySelector("pre")?.remove();
    box.append(make("pre", answer.status + " " + answer.statusText + "\n\n" + text.slice(0, 20000)));
  });
  return box;
}

function operation(api, path, verb, told, shared) {
  const box = make("details");
  box.dataset.words = (verb + " " + path + " " + told.summary).toLowerCase();
  const line = box.appendChild(make("summary"));
  line.append(make("span", verb.toUpperCase(), "verb"), make("span", path, "path"), make("span", told["x-required-level"], "level"));
  box.append(make("p", told.summary));
  const parameters = [...(shared || []), ...(told.parameters || [])];
  if (parameters.length) {
    box.append(table(["Parameter", "In", "Type", ""], parameters.map((one) => [one.name, one.in, one.schema.type, one.description || ""])));
  }
  if (told.requestBody) box.append(body(api, told.requestBody.content));
  const answers = Object.entries(told.responses).map(([status, one]) => [status, resolve(api, one).description]);
  box.append(table(["Status", "Meaning"], answers));
  if (verb === "get" && !path.includes("{")) box.append(tryIt(path));
  return box;
}

async function start() {
  const api = await (await fetch("/api/v1/openapi.json")).json();
  document.getElementById("version").textContent = api.info.version;
  const main = document.getElementById("operations");
  main.replaceChildren();
  const sections = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const verb of ["get", "put", "post", "delete"]) {
      if (!item[verb]) continue;
      const name = item[verb].tags[0];
      if (!sections.has(name)) {
        const section = main.appendChild(make("section"));
        section.append(make("h2", name));
        sections.set(name, section);
      }
      sections.get(name).append(operation(api, path, verb, item[verb], item.parameters));
    }
  }
  document.getElementById("find").addEventListener("input", (event) => {
    const word = event.target.value.toLowerCase();
    for (const box of main.querySelectorAll("details")) box.hidden = !box.dataset.words.includes(word);
    for (const section of sections.values()) section.hidden = !section.querySelector("details:not([hidden])");
  });
}

start().catch((error) => document.getElementById("operations").replaceChildren(make("p", "Cannot load: " + error.message)));
