// Takes out of a page what is like three others there: an element with equal elements in it, of
// equal classes and attributes, at an equal place (a row: in the same table), with text, or a name,
// where those have one. axe-core finds in it what it finds in those.
() => {
  const SHOWN = 3;
  // Attributes of which only matters that there is something.
  const free = new Set([
    "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "points",
    "transform", "viewBox", "title", "src", "href", "alt", "aria-label",
  ]);
  const isFree = (name) => free.has(name) || (name.startsWith("data-") && name !== "data-look");

  const signatures = new Map();
  const signatureOf = (it) => {
    if (!signatures.has(it)) {
      const parts = [it.localName];
      for (const { name, value } of it.attributes) {
        parts.push(name, isFree(name) ? String(value.trim() !== "") : value);
      }
      for (const child of it.childNodes) {
        if (child.nodeType === Node.ELEMENT_NODE) parts.push(signatureOf(child));
        else if (child.nodeType === Node.TEXT_NODE && child.textContent.trim()) parts.push("text");
      }
      signatures.set(it, `(${parts.join()})`);
    }
    return signatures.get(it);
  };

  const paths = new Map([[null, ""]]);
  const pathOf = (it) => {
    if (!paths.has(it)) {
      const classes = it.getAttribute("class") || "";
      paths.set(it, `${pathOf(it.parentElement)}>${it.localName}.${classes}`);
    }
    return paths.get(it);
  };

  const tables = new Map();
  const tableOf = (it) => {
    if (!it.matches("tr")) return "";
    if (!tables.has(it.parentElement)) tables.set(it.parentElement, tables.size);
    return tables.get(it.parentElement);
  };

  const parts = "tr, li, figure, p, span, bdi, code, ins, del, mark, i, svg *";
  // What names something stays whole, and so do the elements of which colours are checked.
  const whole = "th, button, a, label, summary, h1, h2, h3, option, [data-look], .chart .limit";
  const counts = new Map();
  for (const it of document.querySelectorAll(parts)) {
    if (!it.isConnected || it.closest(whole) || it.querySelector("[data-look]")) continue;
    const key = [tableOf(it), pathOf(it), signatureOf(it)].join();
    counts.set(key, (counts.get(key) || 0) + 1);
    if (counts.get(key) > SHOWN) it.remove();
  }
}
