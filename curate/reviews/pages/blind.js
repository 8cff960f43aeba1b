"use strict";
// Two hypotheses of one recording in random order; the names are shown at the end.
const by = (id) => document.getElementById(id);
const audio = by("audio");
const CHOICES = { 1: "first", 2: "second", 0: "same" };
let pair = null;
let url = null;

async function send(path, sent) {
  const options = sent && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(sent),
  };
  const answer = await fetch(path, options);
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error);
  return content;
}
function complain(error) {
  by("fault").hidden = !error;
  by("fault").textContent = error ? error.message : "";
}
function literal(text) {
  const made = document.createElement("bdi");
  made.textContent = text || "(nothing)";
  return made;
}
async function show(content) {
  pair = content.pair;
  by("headline").textContent = pair
    ? `Which one is right? ${content.left} of ${content.of} left`
    : "All pairs have your vote";
  by("pair").hidden = !pair;
  audio.pause();
  if (url) URL.revokeObjectURL(url);
  url = null;
  if (!pair) return reveal();
  by("first").replaceChildren(literal(pair.first));
  by("second").replaceChildren(literal(pair.second));
  by("spectrogram").src = `/api/pairs/${pair.id}/spectrogram`;
  const answer = await fetch(`/api/pairs/${pair.id}/audio`);
  by("play").disabled = !answer.ok;
  by("playback").textContent = answer.ok ? "" : `No audio: ${(await answer.json()).error}`;
  if (answer.ok) audio.src = url = URL.createObjectURL(await answer.blob());
}
async function reveal() {
  const content = await send("/api/result");
  const rows = [["A better", content.a], ["B better", content.b], ["no difference", content.same]];
  by("figures").replaceChildren(
    ...rows.map(([name, value]) => {
      const made = document.createElement("div");
      const [term, figure] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      figure.textContent = value;
      made.append(term, figure);
      return made;
    }),
  );
  by("meaning").textContent = `Two equals would differ this much or more with probability ${content.p} (sign test).`;
  by("result").hidden = false;
  by("pair").hidden = true;
  by("end").hidden = true;
}
function vote(key) {
  if (pair) send(`/api/pairs/${pair.id}/vote`, { choice: CHOICES[key] }).then(show).catch(complain);
}
function play() {
  if (!url) return;
  if (audio.paused) audio.play();
  else audio.pause();
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("button")) return;
  if (event.key in CHOICES) vote(event.key);
  if (event.key === " ") play();
  if (event.key in CHOICES || event.key === " ") event.preventDefault();
});
for (const button of document.querySelectorAll("button[data-key]")) {
  button.addEventListener("click", () => vote(button.dataset.key));
}
by("play").addEventListener("click", play);
by("end").addEventListener("click", () => reveal().catch(complain));
send("/api/pair").then(show).catch(complain);
