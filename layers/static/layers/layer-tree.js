/** The tree of layers with switches, legends and opacity. */
import { element, swatch } from "./element.js";
import { number } from "./written.js";

function legend(layer) {
  const kind = layer.kind === "raster" ? "area" : layer.kind;
  if (layer.ramp) {
    const [lowest, highest, units] = layer.ramp;
    return element("p", { class: "ramp" }, element("span", {}, `${number(lowest, { most: 1 })} ${units}`), element("i", { "aria-hidden": "true" }), element("span", {}, `${number(highest, { most: 1 })} ${units}`));
  }
  if (!layer.legend.length) return null;
  return element("ul", { class: "legend" }, layer.legend.map((entry) => element("li", {}, swatch(entry.colour, kind), entry.label)));
}

function opacitySlider(layer, stack, texts) {
  const slider = element("input", { type: "range", min: 10, max: 100, step: 5, value: Math.round(layer.opacity * 100), "aria-label": `${texts.opacity}: ${layer.title}` });
  slider.addEventListener("input", () => stack.setOpacity(layer.slug, Number(slider.value) / 100));
  return element("label", { class: "opacity" }, texts.opacity, slider);
}

function entry(layer, stack, zoomTo, texts) {
  const box = element("input", { type: "checkbox", id: `layer-${layer.slug}`, checked: stack.isShown(layer.slug) });
  const detail = element("div", { class: "layer-detail" });
  const described = [layer.kind === "raster" ? opacitySlider(layer, stack, texts) : null, legend(layer)].filter(Boolean);
  detail.append(...described);
  const item = element("li", { class: "layer", "data-slug": layer.slug });
  const note = element("span", { class: "note too-far", hidden: true }, texts.shownFromZoom);
  const head = element("div", { class: "layer-head" }, box);
  if (layer.kind !== "raster" && !layer.legend.length) head.append(swatch(layer.look.colour, layer.kind === "polygon" && !layer.look.fill_share ? "outline" : layer.kind));
  head.append(element("label", { for: box.id }, layer.title));
  if (layer.extent) {
    head.append(element("button", { type: "button", class: "icon", title: texts.zoomToLayer, "aria-label": `${texts.zoomToLayer}: ${layer.title}`, onclick: () => zoomTo(layer.extent) }, "⤢"));
  }
  const refresh = () => {
    item.classList.toggle("off", !box.checked);
    detail.hidden = !box.checked;
  };
  box.addEventListener("change", () => {
    stack.show(layer.slug, box.checked);
    refresh();
  });
  item.append(head, note, detail);
  refresh();
  return { item, box, note, refresh, layer };
}

/** Fill the panel with one group per theme; returns how to switch a layer on from elsewhere. */
export function buildLayerTree(panel, content, stack, map, zoomTo) {
  const { texts } = content;
  const entries = new Map();
  if (!content.themes.length) panel.append(element("p", { class: "note" }, texts.noLayers));
  for (const theme of content.themes) {
    const list = element("ul", { class: "layers" });
    for (const listed of theme.layers) {
      const made = entry(stack.layers.get(listed.slug), stack, zoomTo, texts);
      entries.set(listed.slug, made);
      list.append(made.item);
    }
    panel.append(element("details", { class: "theme", open: !theme.closed }, element("summary", {}, theme.title), list));
  }
  const markTooFar = () => {
    for (const { note, layer, box } of entries.values()) {
      note.hidden = !(box.checked && layer.look && map.getZoom() < layer.look.lowest_zoom);
    }
  };
  map.on("zoomend", markTooFar);
  panel.addEventListener("change", markTooFar);
  markTooFar();
  return {
    switchOn(slug) {
      const found = entries.get(slug);
      if (!found) return;
      found.box.checked = true;
      found.item.closest("details").open = true;
      stack.show(slug, true);
      found.refresh();
      markTooFar();
    },
  };
}
