/** Search by Khmer or English name, code or parcel number; a result zooms the map. */
import { askServer, element } from "./element.js";

const WAIT_MS = 250;

/** Wire the search form; ``go`` shows a result on the map. */
export function createSearchBox(form, content, go) {
  const input = form.querySelector("input");
  const list = form.querySelector("ul");
  const status = form.querySelector("[role=status]");
  const { texts } = content;
  let waiting = 0;
  let asking = null;
  let results = [];
  let active = -1;

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function pick(index) {
    const result = results[index];
    if (!result) return;
    close();
    status.textContent = "";
    go(result);
  }

  function mark(index) {
    active = (index + results.length) % results.length;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === active)));
    input.setAttribute("aria-activedescendant", `result-${active}`);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function write(answer) {
    results = answer.results;
    status.textContent = results.length ? (answer.only_small_layers ? texts.onlySmallLayers : "") : texts.noResults;
    list.replaceChildren(
      ...results.map((result, index) =>
        element("li", { role: "option", id: `result-${index}`, "aria-selected": "false", onclick: () => pick(index) }, element("strong", {}, result.name), element("small", {}, ` ${result.layer_title} · ${result.stable_id}`)),
      ),
    );
    list.hidden = !results.length;
    input.setAttribute("aria-expanded", String(results.length > 0));
  }

  async function ask() {
    asking?.abort();
    asking = new AbortController();
    const query = input.value.trim();
    if (!query) {
      close();
      status.textContent = "";
      return false;
    }
    status.textContent = texts.searching;
    try {
      write(await askServer(`${content.addresses.search}?${new URLSearchParams({ q: query })}`, asking.signal));
      return true;
    } catch (problem) {
      if (problem.name !== "AbortError") {
        close();
        status.textContent = problem.told || texts.failed;
      }
      return false;
    }
  }

  input.addEventListener("input", () => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" && results.length) mark(active + 1);
    else if (event.key === "ArrowUp" && results.length) mark(active - 1);
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    window.clearTimeout(waiting);
    if (active >= 0) pick(active);
    else if (await ask()) pick(0);
  });
  document.addEventListener("click", (event) => {
    if (!form.contains(event.target)) close();
  });
}
