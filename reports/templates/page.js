"use strict";
// Sorting and filtering of tables; without scripts the page loses nothing else.
for (const table of document.querySelectorAll("table.sorts")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  if (rows.length < 2) continue;
  const heads = [...table.tHead.rows[0].cells];
  const by = (row, at) => {
    const cell = row.cells[at];
    return cell.dataset.by === undefined ? cell.textContent.trim() : Number(cell.dataset.by);
  };
  const isNumber = (value) => typeof value === "number";
  const compare = (a, b) => (isNumber(a) && isNumber(b) ? a - b : String(a).localeCompare(String(b)));
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const known = rows.filter((row) => by(row, at) !== "—");
      const unknown = rows.filter((row) => by(row, at) === "—");
      known.sort((a, b) => (down ? -1 : 1) * compare(by(a, at), by(b, at)));
      body.append(...known, ...unknown);
    });
  });
  if (table.dataset.filter) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const matching = document.createElement("output");
    label.className = "filter";
    input.type = "search";
    label.append("Filter ", input, matching);
    table.parentElement.before(label);
    input.addEventListener("input", () => {
      const wanted = input.value.toLocaleLowerCase();
      for (const row of rows) row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
      matching.value = wanted ? `${rows.filter((row) => !row.hidden).length} of ${rows.length}` : "";
    });
  }
}

// Tables and the list of sections that go on beyond their right edge show it.
function shade(box) {
  box.classList.toggle("goes-on", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
}
const boxes = document.querySelectorAll(".scroll, nav ol");
for (const box of boxes) box.addEventListener("scroll", () => shade(box), { passive: true });
if (window.ResizeObserver) {
  const watch = new ResizeObserver((seen) => seen.forEach((each) => shade(each.target)));
  boxes.forEach((box) => watch.observe(box));
}
