/** The form of the city profile: layers move with buttons, a branch of classes is ticked at once. */
import { element } from "./element.js";

/** Write the order numbers as the rows stand now. */
function renumber(list) {
  [...list.children].forEach((row, index) => {
    row.querySelector("input.place").value = index + 1;
  });
}

function mover(list, row, label, sign, move) {
  const button = element("button", { type: "button", class: "quiet", title: label, "aria-label": `${label}: ${row.dataset.title}` }, sign);
  button.addEventListener("click", () => {
    move();
    renumber(list);
    row.scrollIntoView({ block: "nearest" });
    button.focus();
  });
  return button;
}

/** Give every layer a button that moves it up and one that moves it down. */
export function addMovers(list) {
  const { up, down } = list.dataset;
  for (const row of list.children) {
    row.querySelector(".order").append(
      mover(list, row, up, "↑", () => row.previousElementSibling?.before(row)),
      mover(list, row, down, "↓", () => row.nextElementSibling?.after(row)),
    );
  }
}

/** The rows of a class's branch: those that follow and lie deeper. */
export function branchOf(row) {
  const found = [];
  for (let next = row.nextElementSibling; next && Number(next.dataset.depth) > Number(row.dataset.depth); next = next.nextElementSibling) found.push(next);
  return found;
}

/** Tick a class and its whole branch follows; each can be ticked on its own afterwards. */
export function tickBranches(list) {
  list.addEventListener("change", (event) => {
    if (event.target.type !== "checkbox") return;
    for (const row of branchOf(event.target.closest("li"))) row.querySelector("[type=checkbox]").checked = event.target.checked;
  });
}

/** Show only the classes whose names or code hold the words typed. */
export function addFinder(holder, list) {
  const input = holder.querySelector("input");
  holder.hidden = false;
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of list.children) {
      const names = [...row.querySelectorAll("input[type=text]")].map((field) => field.value);
      const text = `${row.querySelector(".name").textContent} ${names.join(" ")}`.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

const layers = document.querySelector(".profile-layers");
const classes = document.querySelector(".profile-classes");
if (layers) addMovers(layers);
if (classes) {
  tickBranches(classes);
  addFinder(document.querySelector(".find"), classes);
}
