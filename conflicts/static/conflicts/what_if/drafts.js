/** Take an alternative into drafts of its layers: what was asked about becomes work to publish. */
import { createServer, featurePath } from "../../layers/editor/server.js";
import { filled } from "../../layers/element.js";
import { sent } from "./alternatives.js";

async function store(ask, number, change) {
  const path = `${number}/${featurePath(change.id)}`;
  const { id, removed, layer: _layer, ...content } = sent(change);
  if (!change.stands) return ask("POST", `${number}/features`, { body: { type: "Feature", ...content } });
  const { etag } = await ask("GET", path);
  if (removed) return ask("DELETE", path, { etag });
  return ask("PUT", path, { body: { type: "Feature", id, ...content }, etag });
}

/** Returns the layers with the numbers of their drafts; what is new is named by the layer. */
export async function takeIntoDrafts(page, name, changes) {
  const byLayer = Map.groupBy ? Map.groupBy(changes, ({ layer }) => layer) : changes.reduce((groups, change) => groups.set(change.layer, [...(groups.get(change.layer) ?? []), change]), new Map());
  const made = [];
  for (const [layer, group] of byLayer) {
    const ask = createServer(page.drafts.replace("LAYER", encodeURIComponent(layer)));
    const { number } = await ask("POST", "", { body: { title: filled(page.texts.draftTitle, { name }) } });
    for (const change of group) await store(ask, number, change);
    made.push({ layer, number });
  }
  return made;
}
