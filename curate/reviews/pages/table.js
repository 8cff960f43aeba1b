"use strict";
// The table of records: which ones (a search, filters), in what order, with which columns. All of it
// stands in the form, and the address is the form: a link to it shows the same records.
const filters = by("filters");
// `requests` and `opened` count, so that a slow answer to an earlier request is recognised and dropped.
// `shown` is the record on the page: it lags behind `at` while the server answers, and only what is
// shown can be decided.
// `preset` is whether the verdict is the one that the page opens with, not one that somebody chose.
const state = { after: null, rows: [], at: -1, shown: null, requests: 0, opened: 0, url: null, text: "", rowsInAll: 0, hoursInAll: 0, metrics: new Map(), rules: new Map(), decided: { listed: 0, all: 0, of: 0 }, places: new Map(), preset: false };
const TEXT_COLUMNS = ["lang", "speaker", "source"];
const FIRST_COLUMNS = ["duration_s", "char_rate", "wer"];
const POLL_MS = 120;

function options(name, values) {
  for (const [value, text] of values) {
    const made = element("option", text);
    made.value = value;
    filters.elements[name].append(made);
  }
}
async function begin() {
  const about = await send("/api/profile");
  state.rowsInAll = about.totals.rows;
  state.hoursInAll = about.totals.hours;
  unread(about.unread);
  by("subject").textContent = `rules ${about.rules.name} · reviewer ${about.reviewer}`;
  options("verdict", ["borderline", "bad", "unknown", "clean", "untranscribed", "skipped", "malformed"].map((name) => [name, name]));
  options("verdict", [["bad,borderline", "bad or borderline"]]);
  for (const each of about.rules_hit) state.rules.set(`${each.severity}:${each.rule}`, each);
  const triggered = about.rules_hit.filter((rule) => rule.rows > 0);
  options("tag", triggered.map((rule) => [`${rule.severity}:${rule.rule}`, `${rule.rule} (${rule.severity}, ${number(rule.rows)})`]));
  options("lang", (about.strata.lang || []).map((each) => [each.value ?? "", each.value ?? "none"]));
  const splits = Object.entries(about.splits);
  options("split", splits.map(([name, rows]) => [name, `${name} (${number(rows)})`]));
  by("splits").hidden = !splits.length;
  for (const each of (about.strata.speaker || []).slice(0, 200)) {
    if (each.value === null) continue;
    const made = document.createElement("option");
    made.value = each.value;
    by("speakers").append(made);
  }
  options("metric", about.metrics.map((each) => [each.name, each.name]));
  for (const each of about.metrics) state.metrics.set(each.name, each);
  columnChoices([...TEXT_COLUMNS, ...state.metrics.keys()]);
  by("agreement").textContent = about.agreement.map(({ reviewers, records, agreed, kappa }) =>
    `${reviewers.join(" and ")}: ${agreed} of ${records} verdicts agree${kappa === null ? "" : `, Cohen's kappa ${kappa}`}.`).join(" ");
  by("log").textContent = `Decisions go to ${about.log}. curate profile … --overrides ${about.log} makes them count, in the splits too.`;
  const address = new URLSearchParams(location.hash.slice(1));
  apply(address);
  state.preset = ![...address].length && about.rules_hit.some((rule) => rule.rows);
  if (about.evaluation) {
    by("evaluation").textContent = `${about.evaluation.words}.`;
    if (![...address].length) filters.elements.sort.value = "wer";
    state.preset = false;
  }
  if (state.preset) filters.elements.verdict.value = "borderline";
  await list(true);
}

// Lines that cannot be read show no text and cannot be decided: how many they are, and what to do.
function unread({ rows, command }) {
  by("unread").hidden = !rows;
  if (!rows) return;
  by("unread").replaceChildren(literal(`The lines of ${rows === state.rowsInAll ? "all" : `${number(rows)} of`} ${number(state.rowsInAll)} records cannot be read: no text, no sound, no decision. ${command.what}: `), run(command.line, undefined, "code"));
}
// The form as an address has it. What a list does not offer is added to it, so that the server answers
// what there is, and no filter is dropped in silence.
function apply(address) {
  filters.reset();
  const usual = { sort: "", order: "down", columns: firstColumns(), ends: "[]" };
  for (const [name, value] of Object.entries({ ...usual, ...Object.fromEntries(address) })) {
    const field = filters.elements.namedItem(name);
    if (!field) continue;
    if (field.type === "checkbox") field.checked = true;
    else field.value = value;
    if (field.tagName === "SELECT" && field.value !== value) {
      options(name, [[value, value]]);
      field.value = value;
    }
  }
}
function parameters() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(filters)) {
    if (name === "lang" ? value !== "*" : value !== "") query.set(name, value);
  }
  for (const [name, usual] of [["order", "down"], ["how", "substring"], ["columns", firstColumns()], ["ends", "[]"]]) {
    if (query.get(name) === usual) query.delete(name);
  }
  if (!query.get("text")) ["how", "case"].forEach((name) => query.delete(name));
  if (!query.get("least") && !query.get("most")) query.delete("ends");
  return query;
}
const firstColumns = () => FIRST_COLUMNS.filter((name) => state.metrics.has(name)).join(",");
const columns = () => filters.elements.columns.value.split(",").filter(Boolean);

// A search may take longer than a request: the page requests again until all texts have been searched.
async function list(restart) {
  const turn = ++state.requests;
  const query = parameters();
  by("records").ariaBusy = "true";
  describeFilters();
  if (restart) {
    history.replaceState(null, "", `#${query}`);
    filters.dispatchEvent(new Event("restart"));
  }
  query.set("columns", columns().join(","));
  if (!restart) query.set("after", state.after);
  try {
    let answer;
    for (;;) {
      answer = await send(`/api/records?${query}`);
      if (turn !== state.requests) return;
      complain(null);
      if (answer.searched === 1 && answer.loaded === 1) break;
      by("headline").textContent = progress(answer);
      await new Promise((resume) => setTimeout(resume, POLL_MS));
      if (turn !== state.requests) return;
    }
    if (restart) {
      state.rows = [];
      state.at = -1;
    }
    const first = state.rows.length;
    state.rows.push(...answer.records);
    if (decimals() || restart) {
      head();
      by("records").replaceChildren(...state.rows.map(item));
      mark(state.at);
    } else answer.records.forEach((each, at) => by("records").append(item(each, first + at)));
    state.after = answer.after;
    by("more").hidden = answer.after === null;
    by("headline").textContent = answer.rows
      ? `${answer.rows.toLocaleString("en")} ${kindListed(answer.rows)}, ${hours(answer.hours)} of ${hours(state.hoursInAll)}`
      : "No record matches: widen the filters";
    state.decided = { listed: answer.decided_listed, all: answer.decided, of: answer.rows };
    showProgress();
    showNext();
    if (restart) await (answer.records.length ? open(0, false) : close());
  } catch (error) {
    if (turn !== state.requests) return;
    complain(error);
    by("headline").textContent = "The records could not be listed";
  } finally {
    if (turn === state.requests) by("records").ariaBusy = "false";
  }
}
// What the headline counts: records of a verdict where only that is chosen, else those that match.
function kindListed(rows) {
  const chosen = [...parameters().keys()].filter((name) => !["sort", "order", "columns"].includes(name));
  const noun = rows === 1 ? "record" : "records";
  if (chosen.length === 1 && chosen[0] === "verdict") return `${filters.elements.verdict.selectedOptions[0].text} ${noun}`;
  return chosen.length ? `matching ${noun}` : noun;
}
function showProgress() {
  const { listed, all, of } = state.decided;
  const count = (value) => value.toLocaleString("en");
  const whole = of === state.rowsInAll;
  by("progress").textContent = whole
    ? `${count(all)} of ${count(of)} decided`
    : `${count(listed)} of these ${count(of)} decided; ${count(all)} of ${count(state.rowsInAll)} in all`;
  by("position").textContent = state.at < 0 ? "" : `${count(state.at + 1)} of ${count(of)}, ${count(whole ? all : listed)} decided`;
}
// What to do first with a list of which nothing is decided.
function showNext() {
  by("next").hidden = state.decided.listed > 0 || !state.rows.some((each) => each.readable);
  by("next").textContent = "Next: play the record (space), then keep it (k) or reject it (r).";
}
function progress({ searched, loaded, rows }) {
  if (loaded < 1) return `Reading the texts, once: ${Math.round(100 * loaded)} %`;
  return `Searched ${Math.round(100 * searched)} % of the texts: ${rows.toLocaleString("en")} records so far`;
}
// A length in the unit that suits it, as on the pages of results.
function hours(value) {
  if (value >= 1 || !value) return `${number(value)} h`;
  const [amount, unit] = value < 1 / 60 ? [value * 3600, "s"] : [value * 60, "min"];
  return `${+amount.toPrecision(3)} ${unit}`;
}

function head() {
  const sorted = filters.elements.sort.value;
  const cells = columns().map((name) => {
    const made = element("th", undefined, "value");
    made.scope = "col";
    const button = element("button", name);
    button.type = "button";
    if (state.metrics.has(name)) button.title = `${state.metrics.get(name).meaning} (${state.metrics.get(name).unit})`;
    if (name === sorted) {
      const down = filters.elements.order.value !== "up";
      made.setAttribute("aria-sort", down ? "descending" : "ascending");
    }
    button.addEventListener("click", () => sortBy(name));
    made.append(button);
    return made;
  });
  by("head").replaceChildren(by("head").firstElementChild, ...cells);
  const first = filters.elements.order.value === "up" ? "smallest" : "largest";
  by("sorted").textContent = sorted ? `Sorted by ${sorted}, ${first} first` : "In order of the manifest";
}
// Largest first, then smallest first, then in the order of the input.
function sortBy(name) {
  const { sort, order } = filters.elements;
  const again = sort.value === name;
  if (again && order.value === "up") sort.value = "";
  else sort.value = name;
  order.value = again && order.value !== "up" ? "up" : "down";
  list(true);
}
// The filters in words, on the line that they are folded into; and how many of the folded ones are set.
function describeFilters() {
  by("in-words").textContent = filterWords() || "none";
  const set = [...parameters().keys()].filter((name) => by("others").contains(filters.elements.namedItem(name)));
  by("other-count").textContent = set.length ? ` (${set.length})` : "";
}
function columnChoices(names) {
  by("choices").replaceChildren(
    ...names.map((name) => {
      const label = document.createElement("label");
      const box = document.createElement("input");
      box.type = "checkbox";
      box.value = name;
      label.append(box, ` ${name}`);
      return label;
    }),
  );
}
by("columns").addEventListener("toggle", () => {
  for (const box of by("choices").querySelectorAll("input")) box.checked = columns().includes(box.value);
});
by("choices").addEventListener("change", (event) => {
  event.stopPropagation();
  const { value, checked } = event.target;
  const others = columns().filter((name) => name !== value);
  filters.elements.columns.value = (checked ? [...others, value] : others).join(",");
  if (!checked && filters.elements.sort.value === value) filters.elements.sort.value = "";
  list(true);
});

// A name such as a hash is shortened; the whole of it is its title.
const LONGEST_NAME = 16;
function shortened(name) {
  if (name.length <= LONGEST_NAME || /\s/u.test(name)) return name;
  const made = run(`${[...name].slice(0, 8).join("")}…`);
  made.title = name;
  return made;
}
// Why a record has its verdict, as the profile's page names it: each rule, and its limit.
const rulesOf = ({ verdict, tags }) => tags.filter((tag) => tag.startsWith(`${verdict}:`)).map((tag) => state.rules.get(tag)).filter(Boolean);
const ruleWords = (each) => rulesOf(each).map(({ rule, condition }) => `${rule}, ${condition}`).join("; ") || each.reason;
// How many decimals a column has: as many as its values need, at most those that its largest value
// shows in three digits (two at least). Whether any has changed.
function decimals() {
  const before = JSON.stringify([...state.places]);
  state.places = new Map(
    columns().map((name) => {
      const values = state.rows.map((each) => each.values[name]).filter((value) => typeof value === "number");
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const most = largest ? Math.min(8, Math.max(2, 2 - Math.floor(Math.log10(largest)))) : 0;
      const places = (value) => (String(Number(value.toFixed(most))).split(".")[1] || "").length;
      return [name, values.reduce((needed, value) => Math.max(needed, places(value)), 0)];
    }),
  );
  return JSON.stringify([...state.places]) !== before;
}
// A value with the decimals of its column; one that they would show as zero has its own.
function aligned(name, value) {
  const digits = state.places.get(name) || 0;
  if (value && !Number(value.toFixed(digits))) return number(value);
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function item(each, at) {
  const made = document.createElement("tr");
  const first = element("th", undefined, "record");
  first.scope = "row";
  const excerpt = isolated(run(each.text || (each.readable ? "no text" : "not readable")));
  excerpt.className = each.text ? "excerpt" : "excerpt none";
  const under = element("span", undefined, "under");
  for (const [what, last] of facets(each)) under.append(run(`${what.toLowerCase()} by ${last.by} `, "done"));
  const facts = [each.split, each.lang, each.speaker && shortened(each.speaker), ruleWords(each)].filter(Boolean);
  facts.forEach((fact, at) => under.append(at ? " · " : "", typeof fact === "string" ? literal(fact) : fact));
  first.append(element("span", undefined, `swatch b-${each.verdict}`), excerpt, under);
  const cells = columns().map((name) => {
    const value = each.values[name];
    return typeof value === "string" ? run(value, "value", "td") : element("td", value === null || value === undefined ? "" : aligned(name, Number(value)), "value");
  });
  made.append(first, ...cells);
  made.addEventListener("click", () => open(at));
  return made;
}

// Whoever searches, or filters by anything, means all records: the verdict that the page opened with
// is dropped, unless it was chosen.
filters.addEventListener("change", ({ target }) => {
  const { verdict } = filters.elements;
  if (state.preset && target !== verdict) verdict.value = "";
  state.preset = false;
  if (["metric", "least", "most"].includes(target.name)) filters.elements.ends.value = "[]";
  list(true);
});
// After Enter the keys are those of the record: space plays the first one.
filters.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
  event.preventDefault();
  by("record").focus({ preventScroll: true });
});
by("more").addEventListener("click", () => list(false));
