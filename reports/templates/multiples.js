// Histograms by stratum: chosen above the charts, drawn below each from the counts that it carries.
// Heights are shares of a stratum's rows; the outline is that of all rows, on the panel's scale.
const SVG = document.querySelector("svg")?.namespaceURI;
for (const box of document.querySelectorAll(".switch")) {
  const choice = box.querySelector("select");
  box.hidden = false;
  choice.addEventListener("change", () => {
    for (const figure of box.parentElement.querySelectorAll("figure[data-strata]")) divide(figure, choice.value);
  });
}

function divide(figure, column) {
  figure.querySelector(".multiples")?.remove();
  const data = JSON.parse(figure.dataset.strata);
  const strata = data.by[column];
  if (!strata) return;
  const list = document.createElement("ul");
  list.className = "multiples";
  list.setAttribute("aria-label", `${figure.dataset.metric} by ${column}`);
  const shares = (rows, total) => rows.map((each) => each / (total || 1));
  const all = shares(data.all, data.all.reduce((sum, each) => sum + each, 0));
  const parts = strata.map(([, total, , rows]) => shares(rows, total));
  strata.forEach(([name, total, beyond, rows], at) => {
    const item = document.createElement("li");
    const words = document.createElement("p");
    const title = document.createElement("bdi");
    title.textContent = name;
    const outside = beyond ? `, ${beyond.toLocaleString("en")} beyond` : "";
    words.append(title, `${total.toLocaleString("en")} rows${median(data, rows, total - beyond)}${outside}`);
    item.append(words);
    if (rows.length) item.append(panel(data, parts[at], all));
    list.append(item);
  });
  figure.append(list);
}

function median(data, rows, total) {
  let below = 0;
  const at = rows.findIndex((each) => (below += each) * 2 >= total);
  if (at < 0 || !total) return "";
  const [low, high] = [data.edges[at], data.edges[at + 1]];
  const [first, last] = data.whole ? [Math.ceil(low), Math.floor(high)] : [+low.toPrecision(3), +high.toPrecision(3)];
  return `, median ${first === last ? "" : "in "}${first === last ? first : `${first} to ${last}`} ${data.unit}`;
}

function panel(data, shares, all) {
  const top = Math.max(...all, ...shares);
  const [width, height] = [150, 48];
  const [low, high] = [data.edges[0], data.edges.at(-1)];
  const x = (value) => +((width * (value - low)) / (high - low || 1)).toFixed(1);
  const y = (share) => +(height - (height * share) / (top || 1)).toFixed(1);
  const steps = (of) => `M0 ${height}${of.map((share, at) => `V${y(share)}H${x(data.edges[at + 1])}`).join("")}V${height}`;
  const chart = document.createElementNS(SVG, "svg");
  const draw = (d, name) => {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.setAttribute("class", name);
    chart.append(path);
  };
  chart.setAttribute("viewBox", `0 -1 ${width} ${height + 2}`);
  chart.setAttribute("aria-hidden", "true"); // its words stand above it
  draw(`${steps(shares)}z`, "f-data");
  draw(steps(all), "outline");
  for (const limit of data.limits) draw(`M${x(limit)} ${height}V0`, "limit-line");
  draw(`M0 ${height}H${width}`, "foot");
  return chart;
}
