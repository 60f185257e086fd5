// The INI dialect, as much as the page needs: tables with their rows, parameters, and what changes as an
// incremental file.
export function parse(textOfFile) {
  const tables = new Map();
  let table = null;
  for (const line of textOfFile.split(/\r?\n/)) {
    let match = /^\[ (\w+) \]$/.exec(line);
    if (match) { table = { name: match[1], columns: [], rows: new Map() }; tables.set(table.name, table); continue; }
    if (/^\[ \\\w+ \]$/.test(line)) { table = null; continue; }
    if (!table) continue;
    match = /^FORMAT \w+ = (.*);$/.exec(line);
    if (match) { table.columns = match[1].split(/\s*,\s*/); continue; }
    match = /^(!?)\w+ (\d+) = (.*);$/.exec(line);
    if (match) {
      const values = cells(match[3]);
      const row = Object.fromEntries(table.columns.map((column, at) => [column, values[at] ?? ""]));
      table.rows.set(Number(match[2]), { ...row, "!": Boolean(match[1]) });
    }
  }
  return tables;
}

function cells(line) {
  const found = [];
  let at = 0;
  while (at <= line.length) {
    while (line[at] === " ") at += 1;
    if (line[at] === '"') {
      let value = "";
      for (at += 1; at < line.length && line[at] !== '"'; at += 1) {
        if (line[at] === "\\" && line[at + 1] === '"') at += 1;
        value += line[at];
      }
      found.push(value);
      at = line.indexOf(",", at);
      if (at < 0) break;
    } else {
      const end = line.indexOf(",", at);
      found.push(line.slice(at, end < 0 ? undefined : end).trim());
      if (end < 0) break;
      at = end;
    }
    at += 1;
  }
  return found;
}

// The parameters of an INI file by their names, without the quotes around them.
export function parameters(textOfFile) {
  const found = new Map();
  let table = false;
  for (const line of textOfFile.split(/\r?\n/)) {
    if (/^\[ \w+ \]$/.test(line)) table = true;
    else if (/^\[ \\\w+ \]$/.test(line)) table = false;
    const match = !table && /^(\w+) = ?(.*)$/.exec(line);
    if (match) found.set(match[1], /^'[^']*'$/.test(match[2]) ? match[2].slice(1, -1) : match[2]);
  }
  return found;
}

// Some parameters as a file: each below the section of its column.
export function parametersAsIni(changes) {
  return changes.map(([column, value]) => {
    const text = !column.listed && (QUOTED.has(column.type) || column.quoted) ? `'${value}'` : value;
    return `[${column.section}]\r\n${column.ini} = ${text}\r\n`;
  }).join("\r\n");
}

const QUOTED = new Set(["text", "secret"]);

export function rowAsIni(table, index, row) {
  const columns = table.columns.filter((column) => row[column.ini] !== undefined);
  const values = columns.map((column) => {
    const value = String(row[column.ini]);
    return QUOTED.has(column.type) || column.quoted ? `"${value.replaceAll('"', '\\"')}"` : value || "$$";
  });
  const names = columns.map((column) => column.ini).join(", ");
  return `[ ${table.ini} ]\r\n\r\nFORMAT Index = ${names};\r\n${table.ini} ${index} = ${values.join(", ")};\r\n\r\n[ \\${table.ini} ]\r\n`;
}
