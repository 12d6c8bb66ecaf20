/** What stands against publishing, and publishing itself. */
import { element, filled } from "../element.js";
import { askReader } from "./questions.js";
import { RefusedError, UnreachableError } from "./server.js";
import { layerFor } from "./shapes.js";
import { showConflict } from "./conflict-panel.js";

const REFUSES = { color: "#a3231a", weight: 4, fillColor: "#a3231a", fillOpacity: 0.6 };
const WARNS = { color: "#7a5a00", weight: 4, fillColor: "#ffd873", fillOpacity: 0.6 };
const CLOSE_ZOOM = 20;

function showPlace(map, marks, problem) {
  const look = { ...(problem.severity === "refuses" ? REFUSES : WARNS), pmIgnore: true, snapIgnore: true, interactive: false, className: "problem-shape" };
  marks.clearLayers();
  if (problem.geometry) marks.addLayer(layerFor(problem.geometry, look));
  if (problem.point) marks.addLayer(L.circleMarker([problem.point[1], problem.point[0]], { ...look, radius: 14, fillOpacity: 0 }));
  if (marks.getLayers().length) map.fitBounds(marks.getBounds().pad(1), { maxZoom: CLOSE_ZOOM });
}

/** The panel in ``box``; ``unsentCount()`` and ``onPublished()`` belong to the editor. */
export function createCheckPanel(box, { map, page, ask, unsentCount, choose, reload }) {
  const { texts } = page;
  const marks = L.featureGroup().addTo(map);
  const result = element("div", { id: "check-result", role: "status", "aria-live": "polite" });
  const checkButton = element("button", { type: "button", id: "check", onclick: () => check() }, texts.check);
  const publishButton = element("button", { type: "button", id: "publish", onclick: () => publish() }, texts.publish);
  box.append(
    element("p", { class: "note" }, page.topology ? filled(page.topology.must_not_overlap ? texts.exclusive : texts.free, page.topology) : texts.free),
    element("p", { class: "actions" }, checkButton, page.may.publish ? publishButton : null),
    element("p", { class: "note", hidden: page.may.publish }, texts.mayNotPublish),
    result,
  );

  function tell(...parts) {
    result.replaceChildren(...parts.filter(Boolean));
  }

  function problemList(problems, severity, title) {
    const listed = problems.filter((problem) => problem.severity === severity);
    if (!listed.length) return null;
    const items = listed.map((problem) =>
      element("li", {}, element("button", { type: "button", class: "quiet problem-place", onclick: () => { showPlace(map, marks, problem); if (problem.id) choose(problem.id); } }, problem.message)));
    return element("section", { class: `problems ${severity}` }, element("h3", {}, filled(title, { count: listed.length })), element("ul", {}, ...items));
  }

  function tellProblems(problems) {
    tell(
      problems.length ? null : element("p", { class: "all-right" }, texts.noProblems),
      problemList(problems, "refuses", texts.refusing),
      problemList(problems, "warns", texts.warning),
    );
    if (problems.length) showPlace(map, marks, problems[0]);
  }

  function tellError(error) {
    if (error instanceof UnreachableError) return tell(element("p", { class: "problem", role: "alert" }, texts.notReached));
    if (!(error instanceof RefusedError)) throw error;
    if (error.detail.problems) return tellProblems(error.detail.problems);
    return tell(element("p", { class: "problem", role: "alert" }, error.told));
  }

  async function busily(work) {
    box.setAttribute("aria-busy", "true");
    checkButton.disabled = publishButton.disabled = true;
    try {
      return await work();
    } catch (error) {
      return tellError(error);
    } finally {
      checkButton.disabled = publishButton.disabled = false;
      box.setAttribute("aria-busy", "false");
    }
  }

  /** Features someone else published since they were edited here: decided one by one. */
  async function staleOnes() {
    const { stale } = await ask("GET", "stale");
    if (!stale.length) return false;
    const [one] = stale;
    tell(element("p", {}, filled(texts.staleOnes, { count: stale.length })));
    const mine = one.my_feature.geometry ? one.my_feature : null;
    const theirs = one.their_feature.geometry ? one.their_feature : null;
    const base = await ask("GET", `../../versions/${page.draft.base_number}/features/${encodeURIComponent(one.id)}`).catch(() => null);
    showConflict(result, map, page, { id: one.id, base, mine, theirs, who: one.changed_by, when: one.changed_at }, (choice, content) => busily(() => decide(one, choice, content)));
    return true;
  }

  async function decide(one, choice, content) {
    const path = encodeURIComponent(one.id);
    const kept = await ask("POST", `stale/${path}`, { body: { keep: choice === "theirs" ? "theirs" : "mine" }, etag: one.theirs_etag });
    if (choice === "both") await ask("PUT", `features/${path}`, { body: content, etag: kept.etag });
    await reload();
    if (!(await staleOnes())) await look();
  }

  async function look() {
    const { problems } = await ask("GET", "check");
    tellProblems(problems);
    return problems;
  }

  function check() {
    return busily(async () => {
      if (unsentCount()) return tell(element("p", { class: "problem", role: "alert" }, texts.sendFirst));
      return (await staleOnes()) ? null : look();
    });
  }

  function warningsBox(problems) {
    const warnings = problems.filter(({ severity }) => severity === "warns");
    if (!warnings.length) return null;
    const accept = element("input", { type: "checkbox", id: "accept-warnings" });
    const listed = element("ul", {}, ...warnings.slice(0, 20).map(({ message }) => element("li", {}, message)));
    return { accept, part: element("div", {}, listed, element("p", {}, accept, " ", element("label", { for: "accept-warnings" }, texts.acceptWarnings))) };
  }

  async function askMessage(problems) {
    const message = element("textarea", { id: "publish-message", maxlength: 1000, required: true });
    const warnings = warningsBox(problems);
    return askReader({
      title: texts.publish,
      body: [element("p", {}, element("label", { for: "publish-message" }, texts.publishMessage), message), warnings?.part].filter(Boolean),
      agree: texts.publish,
      refuse: texts.cancel,
      isReady: () => message.value.trim() !== "" && (!warnings || warnings.accept.checked),
      read: () => ({ message: message.value, accepts_warnings: warnings ? warnings.accept.checked : false }),
    });
  }

  function publish() {
    return busily(async () => {
      if (unsentCount()) return tell(element("p", { class: "problem", role: "alert" }, texts.sendFirst));
      if (await staleOnes()) return null;
      const problems = await look();
      if (problems.some(({ severity }) => severity === "refuses")) return null;
      const given = await askMessage(problems);
      return given && published(await ask("POST", "publish", { body: given }));
    });
  }

  function published({ version, added, changed, removed }) {
    marks.clearLayers();
    const links = [element("a", { href: page.addresses.history }, texts.history), element("a", { href: page.addresses.edit }, texts.goOnEditing)];
    if (version > 1) links.unshift(element("a", { href: `${page.addresses.diff}?from=${version - 1}&to=${version}`, id: "see-difference" }, texts.seeDifference));
    tell(element("section", { class: "published", tabindex: "-1" },
      element("p", { class: "all-right" }, filled(texts.published, { version, added, changed, removed })),
      element("ul", {}, ...links.map((link) => element("li", {}, link)))));
    document.documentElement.dataset.draft = "published";
    document.querySelectorAll(".toolbar button, #check, #publish").forEach((button) => { button.hidden = true; });
    result.querySelector(".published").focus();
  }

  return { check, marks };
}
