// Histograms answer: a bar in words under the pointer or by arrow keys, its records by a click, and
// what a limit would flag elsewhere by moving it. Without scripts a chart loses nothing else.
const tip = document.createElement("p");
tip.className = "tip";
tip.hidden = true;
tip.setAttribute("role", "status");
document.body.append(tip);

const pair = (text) => text.split(" ").map(Number);
const amount = (rows, hours) => `${rows.toLocaleString("en")} rows, ${duration(hours)}`;

function duration(hours) {
  if (!hours) return "0 h";
  if (hours >= 1) return `${hours.toLocaleString("en", { maximumFractionDigits: 2 })} h`;
  const seconds = 3600 * hours;
  return seconds >= 60 ? `${+(seconds / 60).toPrecision(3)} min` : `${+seconds.toPrecision(3)} s`;
}

for (const chart of document.querySelectorAll("svg.chart")) {
  const layer = chart.querySelector(".hints");
  if (!layer) continue;
  const bars = [...layer.children].map((shape) => {
    const [low, high] = pair(shape.dataset.ends || "");
    const [rows, hours] = pair(shape.dataset.holds || "");
    const title = shape.querySelector("title");
    title.remove(); // or the browser shows it too, a second later
    return { shape, low, high, rows, hours, words: title.textContent };
  });
  chart.setAttribute("role", "group");
  showBars(chart, bars);
  for (const limit of chart.querySelectorAll(".limit")) moveLimit(chart, layer, bars, limit);
}

function showBars(chart, bars) {
  let at = -1;
  const show = (next) => {
    if (at >= 0) bars[at].shape.classList.remove("on");
    at = next;
    tip.hidden = at < 0;
    if (at < 0) return;
    bars[at].shape.classList.add("on");
    tip.textContent = bars[at].words;
    const box = bars[at].shape.getBoundingClientRect();
    const middle = box.left + box.width / 2 - tip.offsetWidth / 2;
    tip.style.left = `${Math.max(4, Math.min(middle, document.documentElement.clientWidth - tip.offsetWidth - 4))}px`;
    tip.style.top = `${Math.max(4, box.top - tip.offsetHeight - 4)}px`;
  };
  const under = ({ clientX, clientY }) => bars.findIndex(({ shape }) => {
    const box = shape.getBoundingClientRect(); // by place: a limit may lie above the bar
    return clientX >= box.left && clientX < box.right && clientY >= box.top && clientY <= box.bottom;
  });
  const moves = {
    ArrowLeft: () => Math.max(0, at - 1),
    ArrowRight: () => Math.min(bars.length - 1, at + 1),
    Home: () => 0,
    End: () => bars.length - 1,
    Escape: () => -1,
  };
  chart.setAttribute("tabindex", "0");
  chart.addEventListener("pointermove", (event) => show(under(event)));
  chart.addEventListener("pointerleave", () => show(-1));
  chart.addEventListener("blur", () => show(-1));
  const choose = (bar) => bar && bar.shape.dataset.where && pick(chart, bar);
  chart.addEventListener("click", (event) => choose(bars[under(event)]));
  chart.addEventListener("keydown", (event) => {
    if (event.target !== chart) return;
    if (event.key === "Enter" && at >= 0) choose(bars[at]);
    else if (moves[event.key]) show(moves[event.key]());
    else return;
    event.preventDefault();
  });
}

// The records of a bar: those that the page has, and the query that lists all.
function pick(chart, bar) {
  const figure = chart.closest("figure");
  const box = beside(figure, "picked", "div");
  const metric = figure.dataset.metric ?? figure.dataset.order;
  const shown = [...document.querySelectorAll(".records > li[data-metric]")].filter((each) => {
    const value = Number(each.dataset.by);
    return !each.closest(".picked") && each.dataset.metric === metric && value >= bar.low && value < bar.high;
  });
  const head = document.createElement("p");
  const query = document.createElement("pre");
  const list = document.createElement("ol");
  const fields = [...new Set(["source", "line", metric, "duration_s", "verdict", "text"])].join(", ");
  head.textContent = `${bar.words}. ${shown.length ? `${shown.length} of them on this page; all:` : "All:"}`;
  const { folder } = chart.closest("[data-folder]").dataset;
  query.textContent = `curate query ${inShell(`SELECT ${fields} FROM records WHERE ${bar.shape.dataset.where} ORDER BY ${metric}`)} ${folder}`;
  list.className = "records";
  for (const each of shown.slice(0, 5)) list.append(each.cloneNode(true));
  for (const clip of list.querySelectorAll(".clip")) clip.remove();
  box.replaceChildren(head, query, list);
}

// A shell's word: within its double quotes some characters mean something.
const inShell = (text) => (/["$`\\!]/.test(text) ? `'${text.replaceAll("'", `'\\''`)}'` : `"${text}"`);

function beside(figure, name, kind) {
  let box = figure.querySelector(`.${name}`);
  if (!box) {
    box = document.createElement(kind);
    box.className = name;
    box.setAttribute("role", "status");
    figure.append(box);
  }
  return box;
}

function moveLimit(chart, layer, bars, limit) {
  const { sign, named, some } = limit.dataset;
  const [line, label] = [limit.querySelector("path"), limit.querySelector("text")];
  const start = Number(limit.dataset.at);
  const above = sign === ">" || sign === "≥";
  const ends = [...new Set(bars.flatMap((bar) => [bar.low, bar.high]))].sort((a, b) => a - b);
  const x = new Map(bars.flatMap(({ shape, low, high }) => {
    const box = shape.getBBox();
    return [[low, box.x], [high, box.x + box.width]];
  }));
  const near = (value, end) => Math.abs(value - end) < 1e-9;
  const flagged = (end) => {
    const sum = pair(layer.dataset[above ? "above" : "below"]);
    for (const bar of bars) {
      if (above ? bar.low < end - 1e-9 : bar.high > end + 1e-9) continue;
      sum[0] += bar.rows;
      sum[1] += bar.hours;
    }
    return amount(...sum);
  };
  const now = ends.find((end) => near(end, start));
  let at = ends.reduce((best, end, index) => (Math.abs(end - start) < Math.abs(ends[best] - start) ? index : best), 0);
  const home = limit.querySelector("path").getBBox().x;
  // Edges of whole numbers lie half-way between two, and a limit is one of them.
  const inner = sign === "≥" || sign === "<" ? Math.ceil : Math.floor;
  const shown = (end) => (layer.dataset.whole ? inner(end) : end);
  const set = (next) => {
    at = Math.max(0, Math.min(ends.length - 1, next));
    const end = ends[at];
    limit.setAttribute("transform", `translate(${x.get(end) - home} 0)`);
    label.textContent = `${named} ${sign} ${shown(end)}`;
    const moved = `${sign} ${shown(end)}: ${flagged(end)}`;
    const before = now === undefined ? "" : ` Now, ${sign} ${shown(now)}: ${flagged(now)}.`;
    const all = some ? " Of all rows; this limit is for some of them." : "";
    const words = `${named} ${moved}.${before}${all}`;
    limit.setAttribute("aria-valuenow", String(end));
    limit.setAttribute("aria-valuetext", moved);
    beside(chart.closest("figure"), "moved", "p").textContent = words;
  };
  const grab = line.cloneNode();
  grab.setAttribute("class", "grab");
  grab.removeAttribute("stroke-dasharray");
  limit.append(grab);
  chart.append(limit); // above the bars' own layer, or it could not be grabbed
  for (const [name, value] of Object.entries({
    tabindex: "0", role: "slider", "aria-label": `limit ${label.textContent}`,
    "aria-valuemin": String(ends[0]), "aria-valuemax": String(ends.at(-1)), "aria-valuenow": String(start),
  })) limit.setAttribute(name, value);
  const move = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
    const distance = (end) => Math.abs(x.get(end) - point.x);
    set(ends.reduce((best, end, index) => (distance(end) < distance(ends[best]) ? index : best), 0));
  };
  grab.addEventListener("pointerdown", (event) => {
    grab.setPointerCapture(event.pointerId);
    grab.addEventListener("pointermove", move);
    event.preventDefault();
  });
  for (const end of ["pointerup", "pointercancel"]) grab.addEventListener(end, () => grab.removeEventListener("pointermove", move));
  limit.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 }[event.key];
    if (!step) return;
    set(at + step);
    event.preventDefault();
    event.stopPropagation();
  });
}
