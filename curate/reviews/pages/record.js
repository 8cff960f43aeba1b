"use strict";
// The record that is open: its text with what rules count in it, its metrics, what is decided about it.
async function open(at, jump = true) {
  if (at < 0 || at >= state.rows.length) return;
  state.at = at;
  const turn = ++state.opened;
  mark(at);
  inView(by("records").children[at]);
  if (jump && !wide.matches) by("record").scrollIntoView();
  leave();
  silence();
  by("comment").value = "";
  const each = state.rows[at];
  const { row, decisions } = each;
  try {
    const record = await send(`/api/records/${row}`);
    if (state.opened !== turn) return;
    // Decided meanwhile: this answer may have been on its way already.
    if (each.decisions !== decisions) Object.assign(record, each.latest);
    show(record);
    state.shown = each;
    await loadAudio(row, turn, record);
  } catch (error) {
    if (state.opened === turn) complain(error);
  }
}
function mark(at) {
  showProgress();
  [...by("records").children].forEach((each, i) => each.setAttribute("aria-current", String(i === at)));
}
// Scrolls only the list: the page stays at the record.
function inView(row) {
  const rows = row.closest(".rows");
  const [inner, outer] = [row, rows].map((each) => each.getBoundingClientRect());
  const top = outer.top + by("head").offsetHeight;
  if (inner.top < top) rows.scrollTop += inner.top - top;
  else if (inner.bottom > outer.bottom) rows.scrollTop += inner.bottom - outer.bottom;
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
  by("reason").replaceChildren(...reasons(record));
  decided(record);
  state.text = record.text;
  text(record);
  against("against", "aligned", record);
  against("against-second", "aligned-second", record.second);
  const facts = [["language", record.lang], ["speaker", record.speaker], ["split", record.split], ["seconds", record.duration_s], ["from second", record.offset_s || null]];
  const rows = [...facts, ...record.metrics.map((each) => [each.name, each.value])];
  by("facts").replaceChildren(
    ...rows.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => {
      const made = document.createElement("div");
      const shown = typeof value === "number" ? number(value) : typeof value === "boolean" ? (value ? "yes" : "no") : value;
      made.append(element("dt", name), name === "speaker" ? speakerOf(value) : run(String(shown), undefined, "dd"));
      return made;
    }),
  );
  const may = !record.why_not;
  by("remark").hidden = by("sound").hidden = !may && !record.text;
  for (const button of document.querySelectorAll("[data-key]")) if ("kbretu".includes(button.dataset.key)) button.disabled = !may;
}
// The rules as the profile's page names them, and what they say of this record.
function reasons(record) {
  const named = rulesOf(record).flatMap(({ rule, condition }) => [run(rule, undefined, "b"), run(condition, undefined, "code")]);
  return [...named, run(record.reason || "", "note")];
}
function speakerOf(speaker) {
  const made = document.createElement("dd");
  const button = element("button");
  button.type = "button";
  button.title = `All records of ${speaker}`;
  button.append(literal(speaker));
  button.addEventListener("click", () => {
    const field = filters.elements.speaker;
    field.value = speaker;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  made.append(button);
  return made;
}
// What is decided stands by facet: a verdict and a text, each set on its own.
const WORDS = { keep: "Kept", reject: "Rejected", borderline: "Borderline", text: "Text corrected", trim: "Trimmed", undo: "Undone" };
function facets({ decided }) {
  const facets = [];
  if (decided.verdict) facets.push([WORDS[decided.verdict.decision], decided.verdict]);
  if (decided.text) facets.push([WORDS.text, decided.text]);
  if (decided.segment) facets.push([WORDS.trim, decided.segment]);
  return facets;
}
function segment({ new_offset: offset, new_duration: duration }) {
  return `${number(offset)} to ${number(offset + duration)} s of the file`;
}
function line(text) {
  const made = element("span", undefined, "line");
  made.append(literal(text));
  return made;
}
function decided(record) {
  const lines = facets(record).map(([what, last]) =>
    line(`${what} by ${last.by}, ${last.at}${what === WORDS.text ? `: ${last.text}` : what === WORDS.trim ? `: ${segment(last)}` : ""}${last.why ? ` (${last.why})` : ""}`),
  );
  by("decided").replaceChildren(...(lines.length ? lines : [literal(record.readable ? record.why_not : "The line cannot be read")]));
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
      made.append(literal(`${WORDS[each.decision]}${both} by ${each.by}, ${each.at}${mark}${each.text ? `: ${each.text}` : each.decision === "trim" ? `: ${segment(each)}` : ""}${each.why ? ` (${each.why})` : ""}`));
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
  if (!record.text) by("text").replaceChildren(element("span", record.readable ? "no text" : "not readable", "none"));
}
// A recogniser's text against the record's, where there is one.
function against(part, text, { against, between }) {
  by(part).hidden = !against;
  if (against) by(text).replaceChildren(isolated(...against.flatMap((each) => edit(each, between))));
}
function edit([what, text, other], between) {
  if (what === "equal") return [literal(`${text}${between}`)];
  if (what === "delete") return [run(text, "delete"), between];
  if (what === "insert") return [run(other, "insert"), between];
  const made = element("span", undefined, "replace");
  made.append(run(text, undefined, "s"), run(other, undefined, "b"));
  return [made, between];
}
