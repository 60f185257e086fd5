// The Local Users are a table like the others; this page is its short way.
import { Configuration } from "./config.js";
import { html } from "./ui.js";

export const Users = () => html`<${Configuration} path=${["WebUsers"]} title="Users" />`;
