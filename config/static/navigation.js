// The menu on narrow screens, and a language switch that stays at the same place of the map.
"use strict";

document.documentElement.classList.add("scripted");
const menu = document.querySelector(".top .menu");
const navigation = document.getElementById("navigation");

function openMenu(isOpen) {
  menu.setAttribute("aria-expanded", String(isOpen));
  navigation.classList.toggle("open", isOpen);
}

if (menu && navigation) {
  menu.addEventListener("click", () => openMenu(menu.getAttribute("aria-expanded") !== "true"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.getAttribute("aria-expanded") === "true") {
      openMenu(false);
      menu.focus();
    }
  });
  for (const link of navigation.querySelectorAll(".languages a")) {
    link.addEventListener("click", () => {
      link.hash = window.location.hash;
    });
  }
}
