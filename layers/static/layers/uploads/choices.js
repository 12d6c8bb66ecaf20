/** Shows of the choices only what is needed; without this script all of them are there. */
const form = document.getElementById("choices");
const target = form.elements.target;

function show(part, isShown) {
  part.hidden = !isShown;
}

function arrange() {
  const source = form.querySelector("[name=class_from]:checked")?.value;
  for (const part of form.querySelectorAll("[data-for]")) show(part, part.dataset.for === source);
  for (const part of form.querySelectorAll("[data-for-new]")) show(part, !target.value);
  for (const part of form.querySelectorAll("[data-for-known]")) show(part, Boolean(target.value));
}

form.addEventListener("change", (event) => {
  arrange();
  // another column has other values: the server shows them, keeping all that was chosen
  if (event.target.name === "class_field") form.requestSubmit(document.getElementById("refresh"));
});
arrange();
document.querySelector("#choices .errorlist")?.closest("details")?.setAttribute("open", "");
document.querySelector("#choices .errorlist")?.scrollIntoView({ block: "center" });
