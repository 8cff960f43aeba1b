// The words of all texts: how often each occurs, how well it is recognised, and by a click its records.
const panel = by("words");
const which = by("which-words");
const COLUMNS = [["count", "occurrences in all texts"], ["rows", "records with it"], ["accuracy", "of the occurrences that a prediction has right; predictions that add a word are not counted"]];
const SLOW_MS = 150;
const shown = { sort: "count", down: true, after: null, turn: 0, typing: 0 };

function query() {
  const { part, often } = which.elements;
  const made = new URLSearchParams({ sort: shown.sort, order: shown.down ? "down" : "up", part: part.value });
  if (often.value === "once") made.set("most", "1");
  else if (often.value) made.set("least", often.value);
  return made;
}
// Reading all texts takes a while, once: the page requests again until they are counted.
async function load(restart) {
  if (!panel.open) return;
  const turn = ++shown.turn;
  const requested = query();
  if (!restart) requested.set("after", shown.after);
  by("word-rows").ariaBusy = "true";
  try {
    let answer;
    for (;;) {
      answer = await send(`/api/words?${requested}`);
      if (turn !== shown.turn || !panel.open) return;
      if (answer.loaded === 1) break;
      by("word-count").textContent = `Counting the words, once: ${Math.round(100 * answer.loaded)} % of the texts`;
      await new Promise((resume) => setTimeout(resume, POLL_MS));
      if (turn !== shown.turn || !panel.open) return;
    }
    const columns = answer.predicted ? COLUMNS : COLUMNS.slice(0, 2);
    head(columns);
    if (restart) by("vocabulary").replaceChildren();
    by("vocabulary").append(...answer.words.map((each) => item(each, answer.predicted)));
    shown.after = answer.after;
    by("more-words").hidden = answer.after === null;
    by("word-count").textContent = answer.total ? `${answer.total.toLocaleString("en")} ${answer.total === 1 ? "word" : "words"}` : "No such word";
  } catch (error) {
    if (turn === shown.turn) by("word-count").textContent = error.message;
  } finally {
    if (turn === shown.turn) by("word-rows").ariaBusy = "false";
  }
}
function head(columns) {
  const word = element("th", "word");
  word.scope = "col";
  const cells = columns.map(([name, meaning]) => {
    const made = element("th", undefined, "value");
    made.scope = "col";
    if (name === shown.sort) made.setAttribute("aria-sort", shown.down ? "descending" : "ascending");
    const button = element("button", name === "rows" ? "records" : name);
    button.type = "button";
    button.title = meaning;
    button.addEventListener("click", () => sort(name));
    made.append(button);
    return made;
  });
  const focused = [...by("word-head").children].findIndex((each) => each.contains(document.activeElement));
  by("word-head").replaceChildren(word, ...cells);
  if (focused > 0 && cells[focused - 1]) cells[focused - 1].firstChild.focus();
}
// The commonest first, but the worst recognised; a second click turns the order round.
function sort(name) {
  shown.down = shown.sort === name ? !shown.down : name !== "accuracy";
  shown.sort = name;
  load(true);
}
function item([word, count, rows, predicted, wrong], withAccuracy) {
  const made = document.createElement("tr");
  const first = document.createElement("th");
  first.scope = "row";
  const button = element("button", undefined, "word");
  button.type = "button";
  button.append(isolated(literal(word)));
  button.addEventListener("click", () => lists(word, count === null));
  first.append(button);
  const figure = (value) => element("td", value === null ? "" : value.toLocaleString("en"), "value");
  made.append(first, figure(count), figure(rows));
  if (withAccuracy) {
    const cell = element("td", predicted ? `${(100 * (1 - wrong / predicted)).toFixed(1)} %` : "", "value");
    if (predicted) cell.title = `${wrong.toLocaleString("en")} of ${predicted.toLocaleString("en")} wrong`;
    made.append(cell);
  }
  return made;
}
// A word that only the normaliser writes so is looked for as a part of the texts.
function lists(word, normalised) {
  const { text, how } = filters.elements;
  filters.elements.case.checked = false;
  text.value = word;
  how.value = normalised ? "substring" : "word";
  text.dispatchEvent(new Event("change", { bubbles: true }));
  if (window.innerWidth < 992) by("listed").scrollIntoView();
}
panel.addEventListener("toggle", () => panel.open && load(true));
which.addEventListener("submit", (event) => event.preventDefault());
which.elements.often.addEventListener("change", () => load(true));
which.elements.part.addEventListener("input", () => {
  clearTimeout(shown.typing);
  shown.typing = setTimeout(() => load(true), SLOW_MS);
});
by("more-words").addEventListener("click", () => load(false));
HELP.w = () => {
  panel.open = !panel.open;
  if (panel.open) which.elements.part.focus();
};
