"use strict";
// Decisions, and the keys that make them.
async function decide(path, sent, move) {
  const { at } = state;
  const each = state.rows[at];
  if (!each || state.shown !== each || each.deciding) return;
  const turn = state.opened;
  each.deciding = true;
  try {
    const why = path === "undo" ? "" : by("comment").value;
    const record = await send(`/api/records/${each.row}/${path}`, { ...sent, why, seen: state.seen });
    by("comment").value = "";
    complain(null);
    countDecided(each, record);
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
function countDecided(before, after) {
  const change = Math.sign(facets(after).length) - Math.sign(facets(before).length);
  state.decided.listed += change;
  state.decided.all += change;
  showProgress();
  showNext();
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

function trim() {
  const sent = trimmed();
  if (sent) decide("decision", sent, false);
  else by("selection").textContent = "Select a part of the sound first: drag over it, or move its ends";
}
const HELP = { "?": () => by("help").showModal(), "/": toSearch, v: () => toViews() };
const KEYS = {
  k: () => decide("decision", { decision: "keep" }, true),
  b: () => decide("decision", { decision: "borderline" }, true),
  r: () => decide("decision", { decision: "reject" }, true),
  u: () => decide("undo", {}, false),
  e: correct,
  t: trim,
  c: () => by("comment").focus(),
  l: () => by("loop").click(),
  a: () => by("autoplay").click(),
  "[": () => moveEdge(0, audio.currentTime),
  "]": () => moveEdge(1, audio.currentTime),
  "-": () => speed(-1),
  "+": () => speed(1),
  Escape: () => select(null),
  n: () => step(1),
  p: () => step(-1),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  " ": play,
};
function press(key) {
  if (key in HELP) HELP[key]();
  else if (state.at >= 0) KEYS[key]();
}
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  const pressed = event.key === " " && event.target.closest("button, summary");
  const known = event.key in KEYS || event.key in HELP;
  if (typing || pressed || by("help").open || event.ctrlKey || event.metaKey || event.altKey || !known) return;
  event.preventDefault();
  press(event.key);
});
for (const button of document.querySelectorAll("[data-key]")) {
  button.append(element("kbd", button.dataset.key));
  button.addEventListener("click", () => press(button.dataset.key));
}
by("play").append(element("kbd", "space"));
begin().catch(complain);
