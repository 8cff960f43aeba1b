"use strict";
// The sound of the record that is open: waveform and spectrogram over one time axis, a selection that is
// played, looped, and saved as the record's corrected segment.
const audio = by("audio");
const view = by("view");
const SHORTEST_S = 0.05;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
// `selected` is [from, to] in seconds of what is played; `offset` is where that starts in its file.
const sound = { selected: null, offset: 0, seconds: 0, samples: null, rate: 0, drag: null };

function silence() {
  audio.pause();
  audio.removeAttribute("src");
  if (state.url) URL.revokeObjectURL(state.url);
  state.url = null;
  Object.assign(sound, { selected: null, samples: null, seconds: 0, drag: null });
  by("spectrogram").removeAttribute("src");
  by("playback").textContent = "";
  by("play").disabled = true;
  drawAxes();
  drawWave();
  drawSelection();
}
async function loadAudio(row, turn, record) {
  const answer = await fetch(`/api/records/${row}/audio`);
  const content = answer.ok ? await answer.blob() : await answer.json();
  if (state.opened !== turn) return;
  if (!answer.ok) {
    by("playback").replaceChildren(literal(content.error === record.why_not ? "" : `No audio: ${content.error}`));
    return;
  }
  const file = await content.arrayBuffer();
  if (state.opened !== turn) return;
  Object.assign(sound, samplesOf(file), { offset: record.offset_s });
  state.url = URL.createObjectURL(content);
  audio.src = state.url;
  audio.playbackRate = Number(by("speed").value);
  by("play").disabled = false;
  by("spectrogram").src = `/api/records/${row}/spectrogram`;
  if (answer.headers.get("x-cut")) by("playback").textContent = "Only the first two minutes are played.";
  drawAxes();
  drawWave();
  showSegment(record);
  if (by("autoplay").checked) play();
}
// The server sends mono WAV files of 16 bits; their samples begin behind the header of the `data` chunk.
function samplesOf(file) {
  const view = new DataView(file);
  let at = 12;
  let rate = 1;
  for (;;) {
    const [id, size] = [view.getUint32(at), view.getUint32(at + 4, true)];
    if (id === 0x666d7420) rate = view.getUint32(at + 12, true); // "fmt "
    if (id === 0x64617461) { // "data"
      const samples = new Int16Array(file.slice(at + 8, at + 8 + 2 * Math.floor(size / 2)));
      return { samples, rate, seconds: samples.length / rate };
    }
    at += 8 + size + (size % 2);
  }
}
// The record's segment: as it was decided, else as the alignment proposes it, which t accepts.
function showSegment({ decided, proposal }) {
  const trim = decided.segment || proposal;
  const from = trim ? trim.new_offset - sound.offset : 0;
  const to = trim ? from + trim.new_duration : sound.seconds;
  const known = trim && from >= 0 && to <= sound.seconds + 0.002;
  select(known ? [from, to] : null);
  if (known && !decided.segment) by("selection").textContent = `Proposed trim: ${from.toFixed(2)} to ${to.toFixed(2)} s (${proposal.why}); t accepts it`;
}

// Axes: at most about eight times, at round distances; frequencies up to 8 kHz or what the rate allows.
function drawAxes() {
  const step = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20].find((each) => sound.seconds / each <= 8) || 30;
  const times = [];
  for (let at = 0; sound.seconds && at <= sound.seconds; at += step) times.push(at);
  by("times").replaceChildren(
    ...times.map((at) => {
      const made = element("span", `${Number(at.toFixed(2))}${at ? "" : " s"}`);
      made.style.left = `${(100 * at) / sound.seconds}%`;
      return made;
    }),
  );
  const top = Math.min(8000, sound.rate / 2);
  const marks = sound.seconds ? [0.25, 0.5, 0.75, 1] : [];
  by("frequencies").replaceChildren(
    ...marks.map((part) => {
      const made = element("span", `${Number(((part * top) / 1000).toFixed(1))}${part === 1 ? " kHz" : ""}`);
      made.style.bottom = `${100 * part}%`;
      return made;
    }),
  );
}
function drawWave() {
  const canvas = by("wave");
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth * scale, canvas.clientHeight * scale];
  Object.assign(canvas, { width, height });
  if (!sound.samples || !width) return;
  const pen = canvas.getContext("2d");
  pen.fillStyle = getComputedStyle(canvas).color;
  const peak = sound.samples.reduce((most, each) => Math.max(most, Math.abs(each)), 1);
  for (let x = 0; x < width; x += 1) {
    const part = sound.samples.subarray(...[x, x + 1].map((at) => Math.floor((at * sound.samples.length) / width)));
    let [low, high] = [0, 0];
    for (const each of part) [low, high] = [Math.min(low, each), Math.max(high, each)];
    const y = (value) => (height * (1 - value / peak)) / 2;
    pen.fillRect(x, y(high), 1, Math.max(scale, y(low) - y(high)));
  }
}
window.addEventListener("resize", drawWave);

function select(range) {
  sound.selected = range && [Math.max(0, range[0]), Math.min(sound.seconds, range[1])];
  drawSelection();
}
function drawSelection() {
  const { selected, seconds } = sound;
  const shown = selected || [0, seconds];
  by("before").style.width = selected ? `${(100 * shown[0]) / seconds}%` : "0";
  by("behind").style.width = selected ? `${100 - (100 * shown[1]) / seconds}%` : "0";
  [by("from"), by("to")].forEach((handle, at) => {
    handle.style.left = seconds ? `${(100 * shown[at]) / seconds}%` : "0";
    handle.hidden = !seconds;
    handle.setAttribute("aria-valuemax", seconds.toFixed(3));
    handle.setAttribute("aria-valuenow", shown[at].toFixed(3));
    handle.setAttribute("aria-valuetext", `${shown[at].toFixed(2)} seconds`);
  });
  by("selection").textContent = selected
    ? `Selected ${selected[0].toFixed(2)} to ${selected[1].toFixed(2)} s (${(selected[1] - selected[0]).toFixed(2)} s)`
    : "";
}
function moveEdge(at, seconds) {
  const range = sound.selected ? [...sound.selected] : [0, sound.seconds];
  const [least, most] = at === 0 ? [0, range[1] - SHORTEST_S] : [range[0] + SHORTEST_S, sound.seconds];
  range[at] = Math.min(most, Math.max(least, seconds));
  select(range);
}
const secondsAt = (event) => {
  const box = view.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * sound.seconds;
};
// A drag selects, a click seeks; the handles move one end of the selection.
view.addEventListener("pointerdown", (event) => {
  if (!sound.seconds || event.button > 0) return;
  view.setPointerCapture(event.pointerId);
  const edge = [by("from"), by("to")].indexOf(event.target);
  sound.drag = { edge, at: secondsAt(event), x: event.clientX, moved: edge >= 0 };
});
view.addEventListener("pointermove", (event) => {
  if (!sound.drag) return;
  const { edge, at, x } = sound.drag;
  const here = secondsAt(event);
  sound.drag.moved ||= Math.abs(event.clientX - x) > 3;
  if (edge >= 0) moveEdge(edge, here);
  else if (sound.drag.moved) select([Math.min(at, here), Math.max(at, here, Math.min(at, here) + SHORTEST_S)]);
});
view.addEventListener("pointerup", (event) => {
  if (!sound.drag) return;
  if (!sound.drag.moved) {
    select(null);
    audio.currentTime = secondsAt(event);
    follow();
  }
  sound.drag = null;
});
[by("from"), by("to")].forEach((handle, at) =>
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !sound.seconds) return;
    event.preventDefault();
    event.stopPropagation();
    moveEdge(at, (sound.selected || [0, sound.seconds])[at] + step * (event.shiftKey ? 0.1 : 0.01));
  }),
);

function play() {
  if (!state.url) return;
  if (!audio.paused) return audio.pause();
  const { selected } = sound;
  if (selected && (audio.currentTime < selected[0] || audio.currentTime >= selected[1] - 0.01)) audio.currentTime = selected[0];
  audio.play();
}
function follow() {
  const [from, to] = sound.selected || [0, Infinity];
  if (!audio.paused && audio.currentTime >= to) {
    audio.currentTime = from;
    if (!by("loop").checked) audio.pause();
  }
  const part = audio.duration ? audio.currentTime / audio.duration : 0;
  by("needle").style.left = `${100 * part}%`;
  if (!audio.paused) requestAnimationFrame(follow);
}
audio.addEventListener("ended", () => {
  if (!by("loop").checked) return;
  audio.currentTime = sound.selected ? sound.selected[0] : 0;
  audio.play();
});
audio.addEventListener("play", () => {
  by("play").firstChild.textContent = "Pause";
  view.classList.add("playing");
  follow();
});
audio.addEventListener("pause", () => (by("play").firstChild.textContent = "Play"));
by("play").addEventListener("click", play);
by("speed").addEventListener("change", () => (audio.playbackRate = Number(by("speed").value)));
function speed(step) {
  const at = SPEEDS.indexOf(Number(by("speed").value)) + step;
  by("speed").value = String(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at))]);
  audio.playbackRate = Number(by("speed").value);
}
// The selection as the segment of its file, to the millisecond.
function trimmed() {
  if (!sound.selected) return null;
  const [from, to] = sound.selected;
  return { decision: "trim", new_offset: sound.offset + from, new_duration: to - from };
}
