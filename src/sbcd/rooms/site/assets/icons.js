// The pictures of the pages: strokes on a grid of 24. One rule: they only repeat what a text beside them says.
import { html } from "./preact.js";

const STROKES = {
  overview: "M4 4h7v9H4zM13 4h7v5h-7zM13 12h7v8h-7zM4 16h7v4H4z",
  alarms: "M12 4a5 5 0 0 0-5 5v4l-2 3h14l-2-3V9a5 5 0 0 0-5-5zM10 19h4",
  calls: "M6 4h3l2 5-2 1a10 10 0 0 0 5 5l1-2 5 2v3a2 2 0 0 1-2 2A14 14 0 0 1 4 6a2 2 0 0 1 2-2z",
  kpi: "M4 4v16h16M8 15l3-4 3 2 5-7",
  topology: "M8 3h8v5H8zM3 16h7v5H3zM14 16h7v5h-7zM12 8v4M6 16v-4h12v4",
  config: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  tls: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3M12 14v3",
  users: "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 20c0-4 2-6 6-6s6 2 6 6M16 6a3 3 0 0 1 0 5M17 14c3 0 4 2 4 6",
  files: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  software: "M12 3l8 4v10l-8 4-8-4V7zM4 7l8 4 8-4M12 11v10",
  console: "M3 5h18v14H3zM7 9l3 3-3 3M12 15h5",
  menu: "M4 7h16M4 12h16M4 17h16",
  auto: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2",
  dark: "M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z",
};

export const Icon = ({ name }) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${STROKES[name]} /></svg>`;
