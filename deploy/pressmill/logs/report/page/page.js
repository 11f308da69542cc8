// The page can be read without this: it shows tips sooner and nicer than the
// browser does, and sorts tables.
(() => {
  "use strict";
  const tip = document.getElementById("tip");
  for (const title of document.querySelectorAll("svg title")) {
    title.parentNode.dataset.tip = title.textContent;
    title.remove();
  }
  const show = (event) => {
    const at = event.target.closest && event.target.closest("[data-tip]");
    if (!at) { tip.hidden = true; return; }
    tip.textContent = at.dataset.tip;
    tip.hidden = false;
    const margin = 12, box = tip.getBoundingClientRect();
    const x = Math.min(Math.max(margin, event.clientX - box.width / 2), innerWidth - box.width - margin);
    const above = event.clientY - box.height - 16;
    tip.style.left = x + "px";
    tip.style.top = (above < margin ? event.clientY + 20 : above) + "px";
  };
  document.addEventListener("pointermove", show, { passive: true });
  document.addEventListener("pointerdown", show, { passive: true });
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
  document.addEventListener("pointerleave", () => { tip.hidden = true; });

  const key = (cell) => {
    const text = cell.dataset.sort || cell.textContent.trim();
    const number = Number(text.replaceAll(",", "").replace(/ %$/, ""));
    return text === "–" ? -1 : Number.isNaN(number) ? text.toLowerCase() : number;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = table.tHead.rows[0].cells;
    [...heads].forEach((head, column) => {
      const button = document.createElement("button");
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows].map((row) => [key(row.cells[column]), row]);
        rows.sort(([a], [b]) => (a === b ? 0 : (typeof a === typeof b ? a < b : typeof a === "number") ? -1 : 1) * (down ? -1 : 1));
        table.tBodies[0].append(...rows.map(([, row]) => row));
      });
    });
  }
})();
