// What lies above and below the device, as TopologyLocation and the side labels say.
import * as api from "./api.js";
import { Card, Nothing, Page, Trouble, Wait, html, useLive } from "./ui.js";

const KINDS = ["IP Group", "SIP Interface", "Media Realm"];

const Half = ({ side }) => html`<section class="area" aria-label=${side.label}><h2>${side.label}</h2>
  ${side.places.length === 0 ? html`<${Nothing}>Nothing lies here.<//>` : html`<div class="grid">${KINDS.map((kind) => {
    const places = side.places.filter((place) => place.kind === kind);
    return places.length > 0 && html`<${Card} key=${kind} title=${kind}><ul class="lines">${places.map((place) => html`
      <li key=${place.index}><span><b>${place.name}</b><small>${place.index}${place.at && ` · at ${place.at}`}</small></span></li>`)}</ul><//>`;
  })}</div>`}</section>`;

export function Topology() {
  const [found, error] = useLive(() => api.get("calls/topology"), 10);
  if (!found) return error ? html`<${Trouble} error=${error} />` : html`<${Wait} />`;
  return html`<${Page} title="Topology"><${Trouble} error=${error} />
    <${Half} side=${found.up} /><p class="border"><img src="/assets/icon.svg" alt="" width="22" height="22" /> this device</p><${Half} side=${found.down} /><//>`;
}
