"use strict";
// Decisions, and the keys that make them.
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
begin().catch(complain);
