"use strict";
// The sound of the record that is open.
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
