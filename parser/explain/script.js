"use strict";
const blocks = [...document.querySelectorAll(".block")];
const boxes = [...document.querySelectorAll(".box")].reverse(); // inner ones first
const folded = new Set(boxes.filter(b => !b.open));
const search = document.querySelector("input[type=search]");
const unfold = document.querySelector(".unfold");
let show = "all";

// Blocks that the filter and the search leave over, and the boxes around them.
function update() {
  const words = search.value.trim().toLowerCase();
  let hits = 0;
  for (const b of blocks) {
    const out = b.classList.contains("s-out");
    const wanted = show === "all" || (show === "out") === out;
    b.hidden = !wanted || words !== "" && !b.textContent.toLowerCase().includes(words);
    if (!b.hidden) hits++;
  }
  const all = show === "all" && words === "";
  for (const box of boxes) {
    const some = [...box.children].some(c => !c.hidden && c.matches(".block, .box"));
    box.hidden = !some;
    box.open = some && !all || unfold.getAttribute("aria-pressed") === "true" || all && !folded.has(box);
  }
  document.querySelector(".hits").textContent = all ? "" : hits + (hits === 1 ? " block" : " blocks");
}

for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => {
    show = button.dataset.show;
    for (const b of document.querySelectorAll("[data-show]")) b.setAttribute("aria-pressed", b === button);
    update();
  });
}
search.addEventListener("input", update);
unfold.addEventListener("click", () => {
  unfold.setAttribute("aria-pressed", unfold.getAttribute("aria-pressed") !== "true");
  update();
});

// Where there is no room beside the page, the panel is folded.
if (matchMedia("(max-width: 900px)").matches) {
  for (const panel of document.querySelectorAll("aside > .fields, aside > .candidates")) panel.open = false;
}

// A link to a box inside folded ones opens them.
function reveal() {
  const box = location.hash && document.getElementById(location.hash.slice(1));
  for (let b = box; b; b = b.parentElement.closest(".box")) b.open = true;
  if (box) box.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();

// The place of the block or box that is pointed at.
const foot = document.getElementById("path");
let here = null;
function point(e) {
  const at = e.target.closest(".block, .box > summary");
  if (!at) return;
  const steps = [];
  for (let x = at.matches(".block") ? at : at.parentElement; x; x = x.parentElement.closest(".box")) {
    if (x.dataset.path) steps.unshift(x.dataset.path);
  }
  foot.textContent = steps.join(" > ");
  if (e.type !== "click" || !at.matches(".block")) return;
  if (here) here.classList.remove("here");
  here = at;
  here.classList.add("here");
}
for (const type of ["mouseover", "focusin", "click"]) document.querySelector("main").addEventListener(type, point);
