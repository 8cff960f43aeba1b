"use strict";
// A panel with a table of words, speakers or the like: a page at a time, sorted by a click on a heading.
const SLOW_MS = 150;

// `parts` are its elements by what they are: panel, form, region, head, body, status, more. `source` is
// where its rows come from: `path`, `list` (their name in an answer), `extra` (of the form, for the
// request), `columns` (of an answer: name, heading, meaning), `cell` of a row and a column's name,
// `ascends` (columns that a first click sorts upwards), `words` (a count, and how it waits), `sort`.
function tablePanel(parts, source) {
  const { panel, form, region, head, body, status, more } = parts;
  const shown = { sort: source.sort, down: true, after: null, turn: 0, typing: 0 };

  async function load(restart) {
    if (!panel.open) return;
    const turn = ++shown.turn;
    const order = shown.down ? "down" : "up";
    const query = new URLSearchParams({ sort: shown.sort, order, part: form.elements.part.value, ...source.extra(form.elements) });
    if (!restart) query.set("after", shown.after);
    region.ariaBusy = "true";
    try {
      let answer;
      for (;;) {
        answer = await send(`${source.path}?${query}`);
        if (turn !== shown.turn || !panel.open) return;
        if (answer.loaded === 1) break;
        status.textContent = source.waits(answer.loaded);
        await new Promise((resume) => setTimeout(resume, POLL_MS));
        if (turn !== shown.turn || !panel.open) return;
      }
      const columns = source.columns(answer);
      headings(columns);
      if (restart) body.replaceChildren();
      body.append(...answer[source.list].map((each) => row(each, columns)));
      shown.after = answer.after;
      more.hidden = answer.after === null;
      status.textContent = source.counts(answer);
    } catch (error) {
      if (turn === shown.turn) status.textContent = error.message;
    } finally {
      if (turn === shown.turn) region.ariaBusy = "false";
    }
  }
  function headings(columns) {
    const cells = columns.map(([name, label, meaning], at) => {
      const made = element("th", undefined, at ? "value" : undefined);
      made.scope = "col";
      if (name === shown.sort) made.setAttribute("aria-sort", shown.down ? "descending" : "ascending");
      const button = element("button", label);
      button.type = "button";
      button.title = meaning;
      button.addEventListener("click", () => {
        shown.down = shown.sort === name ? !shown.down : !source.ascends.includes(name);
        shown.sort = name;
        load(true);
      });
      made.append(button);
      return made;
    });
    const focused = [...head.children].findIndex((each) => each.contains(document.activeElement));
    head.replaceChildren(...cells);
    if (focused >= 0 && cells[focused]) cells[focused].firstChild.focus();
  }
  function row(each, columns) {
    const made = document.createElement("tr");
    const first = document.createElement("th");
    first.scope = "row";
    first.append(source.first(each));
    made.append(first, ...columns.slice(1).map(([name]) => source.cell(each, name)));
    return made;
  }
  panel.addEventListener("toggle", () => panel.open && load(true));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => target.matches("select") && load(true));
  form.elements.part.addEventListener("input", () => {
    clearTimeout(shown.typing);
    shown.typing = setTimeout(() => load(true), SLOW_MS);
  });
  more.addEventListener("click", () => load(false));
  return {
    toggle() {
      panel.open = !panel.open;
      if (panel.open) form.elements.part.focus();
    },
    // Open, sorted by a column.
    sorted(name, down) {
      Object.assign(shown, { sort: name, down });
      if (panel.open) load(true);
      panel.open = true;
      form.elements.part.focus();
    },
  };
}
function choice(text, title, choose) {
  const button = element("button", undefined, "word");
  button.type = "button";
  if (title) button.title = title;
  button.append(isolated(literal(text)));
  button.addEventListener("click", () => {
    choose();
    if (!wide.matches) by("listed").scrollIntoView();
  });
  return button;
}
const figure = (value, digits = 1) =>
  element("td", value === null ? "" : value.toLocaleString("en", { maximumFractionDigits: digits }), "value");
