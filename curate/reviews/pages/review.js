"use strict";
// The review page: a list of records, one of them to play, and keys to decide with. Whatever comes from a
// manifest is set as text, never as markup.
const by = (id) => document.getElementById(id);
const filters = by("filters");
// `requests` and `opened` count, so that a slow answer to an earlier request is recognised and dropped.
// `shown` is the record on the page: it lags behind `at` while the server answers, and only what is
// shown can be decided.
const state = { after: null, rows: [], at: -1, shown: null, requests: 0, opened: 0, url: null, text: "" };

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

// Controls and marks that change how their neighbours show stand as labels.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;
function literal(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match[0] === "\u200c" || match[0] === "\u200d") continue;
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    parts.append(text.slice(from, match.index), element("span", `U+${code}`, "hidden-sign"));
    from = match.index + match[0].length;
  }
  parts.append(text.slice(from));
  return parts;
}
function run(text, kind, name = "span") {
  const made = element(name, undefined, kind);
  made.append(literal(text));
  return made;
}
function isolated(...parts) {
  const made = document.createElement("bdi");
  made.append(...parts);
  return made;
}

const number = (value) =>
  Number.isInteger(value) ? value.toLocaleString("en") : Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });

async function send(path, sent) {
  const options = sent && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(sent),
  };
  const answer = await fetch(path, options);
  const content = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
  if (!answer.ok) throw Object.assign(new Error(content.error), { status: answer.status });
  return content;
}
function complain(error) {
  by("fault").hidden = !error;
  by("fault").textContent = error ? error.message : "";
}

function options(name, values) {
  for (const [value, text] of values) {
    const made = element("option", text);
    made.value = value;
    filters.elements[name].append(made);
  }
}
async function begin() {
  const about = await send("/api/profile");
  by("subject").textContent = `rules ${about.rules.name} · reviewer ${about.reviewer}`;
  options("verdict", ["borderline", "bad", "unknown", "clean", "skipped", "malformed"].map((name) => [name, name]));
  options("verdict", [["bad,borderline", "bad or borderline"]]);
  const triggered = about.rules_hit.filter((rule) => rule.rows > 0);
  options("tag", triggered.map((rule) => [`${rule.severity}:${rule.rule}`, `${rule.rule} (${rule.severity}, ${number(rule.rows)})`]));
  options("lang", (about.strata.lang || []).map((each) => [each.value ?? "", each.value ?? "none"]));
  for (const each of (about.strata.speaker || []).slice(0, 200)) {
    if (each.value === null) continue;
    const made = document.createElement("option");
    made.value = each.value;
    by("speakers").append(made);
  }
  options("metric", about.metrics.map((each) => [each.name, each.name]));
  by("log").textContent = `Decisions go to ${about.log}. curate profile … --overrides ${about.log} makes them count, in the splits too.`;
  const address = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of address) if (filters.elements[name]) filters.elements[name].value = value;
  if (![...address].length && about.rules_hit.some((rule) => rule.rows)) filters.elements.verdict.value = "borderline";
  await list(true);
}

function parameters() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(filters)) {
    if (name === "lang" ? value !== "*" : value !== "") query.set(name, value);
  }
  if (query.get("order") === "down") query.delete("order");
  return query;
}
async function list(restart) {
  const turn = ++state.requests;
  const query = parameters();
  if (restart) history.replaceState(null, "", `#${query}`);
  if (!restart) query.set("after", state.after);
  try {
    const answer = await send(`/api/records?${query}`);
    if (turn !== state.requests) return;
    complain(null);
    if (restart) {
      state.rows = [];
      state.at = -1;
      by("records").replaceChildren();
    }
    const first = state.rows.length;
    state.rows.push(...answer.records);
    answer.records.forEach((each, at) => by("records").append(item(each, first + at)));
    state.after = answer.after;
    by("more").hidden = answer.after === null;
    const hours = answer.hours < 0.1 ? `${(answer.hours * 60).toFixed(1)} min` : `${number(answer.hours)} h`;
    by("headline").textContent = answer.rows
      ? `${answer.rows.toLocaleString("en")} records, ${hours}`
      : "No record matches: widen the filters";
    if (restart) await (answer.records.length ? open(0, false) : close());
  } catch (error) {
    complain(error);
  }
}
function item(each, at) {
  const made = document.createElement("li");
  made.append(element("span", undefined, `swatch b-${each.verdict}`), isolated(run(each.text || "no text", "excerpt")));
  made.children[1].className = "excerpt";
  made.append(element("span", each.value === null ? "" : number(each.value), "value"));
  const under = element("span", undefined, "under");
  for (const [what, last] of facets(each)) under.append(run(`${what.toLowerCase()} by ${last.by} `, "done"));
  under.append(literal([each.lang, each.speaker, each.reason].filter(Boolean).join(" · ")));
  made.append(under);
  made.addEventListener("click", () => open(at));
  return made;
}

async function open(at, jump = true) {
  if (at < 0 || at >= state.rows.length) return;
  state.at = at;
  const turn = ++state.opened;
  [...by("records").children].forEach((each, i) => each.setAttribute("aria-current", String(i === at)));
  const current = by("records").children[at];
  current.scrollIntoView({ block: "nearest" });
  if (jump && window.innerWidth < 992) by("record").scrollIntoView();
  leave();
  silence();
  const each = state.rows[at];
  const { row, decisions } = each;
  try {
    const record = await send(`/api/records/${row}`);
    if (state.opened !== turn) return;
    // Decided meanwhile: this answer may have been on its way already.
    if (each.decisions !== decisions) Object.assign(record, each.latest);
    show(record);
    state.shown = each;
    await loadAudio(row, turn);
  } catch (error) {
    if (state.opened === turn) complain(error);
  }
}
function close() {
  state.opened += 1;
  state.shown = null;
  silence();
  by("shown").hidden = true;
  by("title").textContent = "No record";
}
function show(record) {
  by("shown").hidden = false;
  by("title").replaceChildren(literal(record.id));
  by("swatch").className = `swatch b-${record.verdict}`;
  by("verdict").textContent = record.verdict;
  by("reason").replaceChildren(literal(record.reason || ""));
  decided(record);
  state.text = record.text;
  text(record);
  by("against").hidden = !record.against;
  if (record.against) by("aligned").replaceChildren(isolated(...record.against.flatMap((each) => edit(each, record.between))));
  const facts = [["language", record.lang], ["speaker", record.speaker], ["seconds", record.duration_s], ["from second", record.offset_s || null]];
  const rows = [...facts, ...record.metrics.map((each) => [each.name, each.value])];
  by("facts").replaceChildren(
    ...rows.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => {
      const made = document.createElement("div");
      const shown = typeof value === "number" ? number(value) : typeof value === "boolean" ? (value ? "yes" : "no") : value;
      made.append(element("dt", name), run(String(shown), undefined, "dd"));
      return made;
    }),
  );
  const may = !record.why_not;
  for (const button of by("keys").children) if ("kbreu".includes(button.dataset.key)) button.disabled = !may;
}
// What is decided stands by facet: a verdict and a text, each set on its own.
const WORDS = { keep: "Kept", reject: "Rejected", borderline: "Borderline", text: "Text corrected", undo: "Undone" };
function facets({ decided }) {
  const facets = [];
  if (decided.verdict) facets.push([WORDS[decided.verdict.decision], decided.verdict]);
  if (decided.text) facets.push([WORDS.text, decided.text]);
  return facets;
}
function line(text) {
  const made = element("span", undefined, "line");
  made.append(literal(text));
  return made;
}
function decided(record) {
  const lines = facets(record).map(([what, last]) =>
    line(`${what} by ${last.by}, ${last.at}${what === WORDS.text ? `: ${last.text}` : ""}`),
  );
  by("decided").replaceChildren(...(lines.length ? lines : [literal(record.why_not)]));
  state.corrected = record.decided.text && record.decided.text.text;
  state.seen = record.seen;
  history_of(record);
}
// Every line of the log about the record, the last one first; Undo takes back the one that is marked.
function history_of({ history }) {
  const next = history.filter((each) => each.state === "stands" || each.state === "superseded").pop();
  by("history").hidden = history.length < 2;
  by("past").replaceChildren(
    ...[...history].reverse().map((each) => {
      const both = each.text && each.decision !== "text" ? " and text corrected" : "";
      const mark = each === next ? ", Undo takes this back" : each.state === "stands" || each.state === "undo" ? "" : `, ${each.state}`;
      const made = element("li", undefined, each.state);
      made.append(literal(`${WORDS[each.decision]}${both} by ${each.by}, ${each.at}${mark}${each.text ? `: ${each.text}` : ""}`));
      return made;
    }),
  );
}
// Spans count code points, in reading order; each mark surrounds what its rule counts.
function text(record) {
  const points = [...record.text];
  const cut = (from, to) => points.slice(from, to).join("");
  const parts = [];
  let done = 0;
  for (const { span } of record.marks) {
    parts.push(literal(cut(done, span[0])), run(cut(...span), undefined, "mark"));
    done = span[1];
  }
  by("text").replaceChildren(isolated(...parts, literal(cut(done))));
  if (record.text_chars > record.text.length) {
    by("text").append(element("span", ` … of ${record.text_chars.toLocaleString("en")} characters`, "note"));
  }
  if (!record.text) by("text").replaceChildren(element("span", "no text", "none"));
}
function edit([what, text, other], between) {
  if (what === "equal") return [literal(`${text}${between}`)];
  if (what === "delete") return [run(text, "delete"), between];
  if (what === "insert") return [run(other, "insert"), between];
  const made = element("span", undefined, "replace");
  made.append(run(text, undefined, "s"), run(other, undefined, "b"));
  return [made, between];
}

const audio = by("audio");
function silence() {
  audio.pause();
  audio.removeAttribute("src");
  if (state.url) URL.revokeObjectURL(state.url);
  state.url = null;
  by("spectrogram").removeAttribute("src");
  by("playback").textContent = "";
  by("play").disabled = true;
}
async function loadAudio(row, turn) {
  const answer = await fetch(`/api/records/${row}/audio`);
  const content = answer.ok ? await answer.blob() : await answer.json();
  if (state.opened !== turn) return;
  if (!answer.ok) {
    by("playback").replaceChildren(literal(`No audio: ${content.error}`));
    return;
  }
  state.url = URL.createObjectURL(content);
  audio.src = state.url;
  by("play").disabled = false;
  by("spectrogram").src = `/api/records/${row}/spectrogram`;
  if (answer.headers.get("x-cut")) by("playback").textContent = "Only the first two minutes are played.";
}
function play() {
  if (!state.url) return;
  if (audio.paused) audio.play();
  else audio.pause();
}
function follow() {
  const part = audio.duration ? audio.currentTime / audio.duration : 0;
  by("needle").style.left = `${100 * part}%`;
  if (!audio.paused) requestAnimationFrame(follow);
}
audio.addEventListener("play", () => {
  by("play").firstChild.textContent = "Pause";
  by("needle").parentElement.classList.add("playing");
  follow();
});
audio.addEventListener("pause", () => (by("play").firstChild.textContent = "Play"));
by("play").addEventListener("click", play);
by("needle").parentElement.addEventListener("click", (event) => {
  if (!audio.duration) return;
  const box = event.currentTarget.getBoundingClientRect();
  audio.currentTime = ((event.clientX - box.left) / box.width) * audio.duration;
  follow();
});

async function decide(path, sent, move) {
  const { at } = state;
  const each = state.rows[at];
  if (!each || state.shown !== each || each.deciding) return;
  const turn = state.opened;
  each.deciding = true;
  try {
    const record = await send(`/api/records/${each.row}/${path}`, { ...sent, seen: state.seen });
    complain(null);
    each.decided = record.decided;
    each.latest = { decided: record.decided, history: record.history, seen: record.seen };
    each.decisions = (each.decisions || 0) + 1;
    if (state.rows[at] !== each) return;
    const made = item(each, at);
    by("records").children[at].replaceWith(made);
    if (state.at === at) made.setAttribute("aria-current", "true");
    if (state.shown === each) decided(record);
  } catch (error) {
    complain(error);
    if (error.status === 409 && state.opened === turn) await open(at, false); // as it is now
    return;
  } finally {
    each.deciding = false;
  }
  if (move && state.opened === turn) await step(1);
}
async function step(by_) {
  if (state.at + by_ >= state.rows.length && state.after !== null) await list(false);
  await open(state.at + by_);
}
function correct() {
  if (state.shown !== state.rows[state.at]) return;
  by("correct").hidden = false;
  by("corrected").value = state.corrected ?? state.text;
  by("corrected").focus();
}
function leave() {
  by("correct").hidden = true;
}
by("correct").addEventListener("submit", (event) => {
  event.preventDefault();
  leave();
  by("record").focus();
  decide("decision", { decision: "text", text: by("corrected").value }, false);
});
by("corrected").addEventListener("keydown", (event) => {
  if (event.key === "Escape") leave();
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    by("correct").requestSubmit();
  }
});
by("leave").addEventListener("click", leave);

const KEYS = {
  k: () => decide("decision", { decision: "keep" }, true),
  b: () => decide("decision", { decision: "borderline" }, true),
  r: () => decide("decision", { decision: "reject" }, true),
  u: () => decide("undo", {}, false),
  e: correct,
  n: () => step(1),
  p: () => step(-1),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  " ": play,
};
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  const pressed = event.key === " " && event.target.closest("button");
  if (typing || pressed || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  event.preventDefault();
  if (state.at >= 0) KEYS[event.key]();
});
for (const button of by("keys").children) {
  button.append(element("kbd", button.dataset.key));
  button.addEventListener("click", () => state.at >= 0 && KEYS[button.dataset.key]());
}
by("play").append(element("kbd", "space"));
filters.addEventListener("change", () => list(true));
filters.addEventListener("submit", (event) => {
  event.preventDefault();
  list(true);
});
by("more").addEventListener("click", () => list(false));
begin().catch(complain);
