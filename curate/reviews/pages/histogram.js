// The histogram of a metric over the records that the filters leave, without its own range, which is
// marked in it. A bar, or a range of bars, becomes the filter: by pointer, touch, or keys.
const panel = by("histogram");
const chosen = by("histogram-of");
const picture = by("bars");
const RANGE = ["metric", "least", "most", "ends"];
// `query` is that of what is drawn; `at` the bar under the keys, `anchor` where their range begins.
const drawn = { svg: null, bars: [], query: "", turn: 0, at: -1, anchor: -1, drag: null };

const range = () => Object.fromEntries(RANGE.map((name) => [name, filters.elements[name].value]));
function setRange(values) {
  for (const name of RANGE) filters.elements[name].value = values[name] ?? (name === "ends" ? "[]" : "");
  list(true);
}
function inWords({ metric, least, most, ends }) {
  const from = least && `${ends[0] === "(" ? "above" : "from"} ${least}`;
  const to = most && `${least && "to "}${ends[1] === ")" ? "below " : least ? "" : "at most "}${most}`;
  return least === most ? `${metric} ${least}` : [metric, from, to].filter(Boolean).join(" ");
}
function showChip() {
  const { metric, least, most } = range();
  by("chips").hidden = !metric || !(least || most);
  by("range").textContent = by("chips").hidden ? "" : `${inWords(range())} ×`;
  by("range").setAttribute("aria-label", `Remove the filter ${inWords(range())}`);
}

async function load() {
  if (!panel.open || !chosen.value) return;
  const query = parameters();
  for (const name of ["sort", "order", "columns"]) query.delete(name);
  if (query.get("metric") === chosen.value) RANGE.forEach((name) => query.delete(name));
  query.set("of", chosen.value);
  if (drawn.query === String(query)) return mark();
  const turn = ++drawn.turn;
  picture.ariaBusy = "true";
  try {
    let answer;
    for (;;) {
      answer = await send(`/api/histogram?${query}`);
      if (turn !== drawn.turn) return;
      if (answer.searched === 1 && answer.loaded === 1) break;
      by("bar").textContent = progress(answer);
      await new Promise((resume) => setTimeout(resume, POLL_MS));
      if (turn !== drawn.turn) return;
    }
    drawn.query = String(query);
    draw(answer);
  } catch (error) {
    if (turn !== drawn.turn) return;
    drawn.query = "";
    by("bar").textContent = error.message;
  } finally {
    if (turn === drawn.turn) picture.ariaBusy = "false";
  }
}
function draw({ svg, note, metric, rows }) {
  const focused = picture.contains(document.activeElement);
  drawn.svg = new DOMParser().parseFromString(svg, "text/html").querySelector("svg");
  drawn.bars = drawn.svg ? [...drawn.svg.querySelectorAll(".hints path")].map(barOf) : [];
  drawn.at = drawn.anchor = -1;
  by("meaning").textContent = `${metric.meaning} (${metric.unit})`;
  by("bar").textContent = "";
  by("histogram-note").textContent = note;
  picture.replaceChildren(drawn.svg || element("p", plain(metric, rows), "note"));
  beyond(metric.histogram);
  if (!drawn.svg) return;
  drawn.svg.setAttribute("role", "group");
  drawn.svg.setAttribute("tabindex", "0");
  if (focused) drawn.svg.focus();
  mark();
}
// Where no picture says more than a sentence does.
function plain({ name, rows, min, max }, all) {
  if (!all) return "No record matches: widen the filters";
  if (!rows) return `${name} is unknown of all ${all.toLocaleString("en")} records`;
  return `${name} of ${rows.toLocaleString("en")} of ${all.toLocaleString("en")} records: ${min === max ? number(min) : `${number(min)} to ${number(max)}`}`;
}
function barOf(shape) {
  const title = shape.querySelector("title");
  title.remove(); // or the browser shows it too, a second later
  const [low, high] = shape.dataset.ends.split(" ").map(Number);
  const { where } = shape.dataset;
  const real = /(>=?) (\S+) AND \S+ (<=?) (\S+)$/.exec(where);
  const [least, most = least] = real ? [real[2], real[4]] : where.match(/-?\d+$|-?\d+(?= AND)/g);
  const ends = real ? `${real[1] === ">=" ? "[" : "("}${real[3] === "<=" ? "]" : ")"}` : "[]";
  return { shape, middle: (low + high) / 2, least, most, ends, words: title.textContent };
}
// Records beyond all bars, which have buttons of their own.
function beyond({ edges, whole, below, above }) {
  const [low, high] = [edges[0], edges[edges.length - 1]];
  const sides = [
    [below, `below ${whole ? Math.ceil(low) : low}`, whole ? { most: Math.ceil(low) - 1 } : { most: low, ends: "[)" }],
    [above, `above ${whole ? Math.floor(high) : high}`, whole ? { least: Math.floor(high) + 1 } : { least: high, ends: "(]" }],
  ];
  by("beyond").replaceChildren(
    ...sides.filter(([rows]) => rows).map(([rows, side, limit]) => {
      const made = element("button", `${rows.toLocaleString("en")} ${side}`);
      made.type = "button";
      made.addEventListener("click", () => setRange({ metric: chosen.value, ...limit }));
      return made;
    }),
  );
}
// The bars of the filter's range, and those under the pointer or the keys.
function mark() {
  const { metric, least, most } = range();
  const own = metric === chosen.value && (least || most);
  const [low, high] = [least === "" ? -Infinity : Number(least), most === "" ? Infinity : Number(most)];
  for (const { shape, middle } of drawn.bars) shape.classList.toggle("chosen", Boolean(own) && middle >= low && middle <= high);
}
function point(first, last) {
  const [from, to] = [Math.min(first, last), Math.max(first, last)];
  drawn.bars.forEach(({ shape }, at) => shape.classList.toggle("on", at >= from && at <= to && first >= 0));
  if (first < 0) by("bar").textContent = "";
  else if (from === to) by("bar").textContent = drawn.bars[from].words;
  else by("bar").textContent = inWords(union(from, to));
}
function union(from, to) {
  const [first, last] = [drawn.bars[from], drawn.bars[to]];
  return { metric: chosen.value, least: first.least, most: last.most, ends: `${first.ends[0]}${last.ends[1]}` };
}
const choose = (first, last) => setRange(union(Math.min(first, last), Math.max(first, last)));

const boxes = () => drawn.bars.map(({ shape }) => shape.getBoundingClientRect());
function under({ clientX: x, clientY: y }) {
  return boxes().findIndex((box) => x >= box.left && x < box.right && y >= box.top && y <= box.bottom);
}
// A drag may go beyond a bar, or across a gap between two.
function nearest({ clientX: x }) {
  const distances = boxes().map((box) => Math.max(box.left - x, x - box.right, 0));
  return distances.indexOf(Math.min(...distances));
}
picture.addEventListener("pointerdown", (event) => {
  if (event.button > 0 || !drawn.bars.length || !event.target.closest(".hints, .chart")) return;
  drawn.drag = { at: under(event), from: nearest(event), x: event.clientX, moved: false };
  picture.setPointerCapture(event.pointerId);
});
picture.addEventListener("pointermove", (event) => {
  const { drag } = drawn;
  if (!drag) return point(under(event), under(event));
  drag.moved ||= Math.abs(event.clientX - drag.x) > 3;
  if (drag.moved) point(drag.from, nearest(event));
});
picture.addEventListener("pointerup", (event) => {
  const { drag } = drawn;
  drawn.drag = null;
  if (drag && drag.moved) choose(drag.from, nearest(event));
  else if (drag && drag.at >= 0) choose(drag.at, drag.at);
});
for (const end of ["pointercancel", "pointerleave"]) {
  picture.addEventListener(end, () => {
    drawn.drag = null;
    point(-1, -1);
  });
}
const MOVES = { ArrowLeft: (at) => at - 1, ArrowRight: (at) => at + 1, Home: () => 0, End: () => Infinity };
picture.addEventListener("keydown", (event) => {
  const { bars, at } = drawn;
  if (!bars.length || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in MOVES) {
    drawn.at = Math.min(bars.length - 1, Math.max(0, MOVES[event.key](at)));
    if (!event.shiftKey || drawn.anchor < 0) drawn.anchor = drawn.at;
    point(drawn.anchor, drawn.at);
  } else if ((event.key === "Enter" || event.key === " ") && at >= 0) choose(drawn.anchor, at);
  else if (event.key === "Escape") setRange({});
  else return;
  event.preventDefault();
  event.stopPropagation();
});

// Whoever opens it means all records, as a filter does (see table.js).
function opens() {
  if (!chosen.options.length) {
    for (const name of state.metrics.keys()) chosen.append(element("option", name));
    const { metric, sort } = filters.elements;
    const usual = [metric.value, sort.value, ...columns()].find((name) => state.metrics.has(name));
    if (usual) chosen.value = usual;
  }
  if (!state.preset) return load();
  filters.elements.verdict.value = "";
  state.preset = false;
  list(true);
}
panel.addEventListener("toggle", () => panel.open && opens());
chosen.addEventListener("change", load);
filters.addEventListener("restart", () => {
  showChip();
  load();
});
by("range").addEventListener("click", () => {
  setRange({});
  by("record").focus({ preventScroll: true });
});
HELP.h = () => {
  panel.open = !panel.open;
  if (panel.open) chosen.focus();
};
