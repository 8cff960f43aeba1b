"use strict";
// Decisions about all records that the filters leave, previewed before they are made; and files of decisions.
const bulk = { request: null };
const DONE = { keep: "kept", borderline: "called borderline", reject: "rejected" };
const records = (count) => `${count.toLocaleString("en")} ${count === 1 ? "record" : "records"}`;

// What the filters say, in words: the comment of every decision that is made of them.
function filterWords() {
  const words = [...parameters()].filter(([name]) => !["sort", "order", "columns", "how", "case"].includes(name));
  const how = filters.elements.how.value;
  return words.map(([name, value]) => (name === "text" ? `${how} "${value}"` : `${name} ${value}`)).join(", ");
}
function withdraw() {
  bulk.request = null;
  by("confirm").hidden = true;
  by("preview").textContent = "";
}
by("all").addEventListener("submit", async (event) => {
  event.preventDefault();
  withdraw();
  const { decision, comment } = by("all").elements;
  const request = { query: String(parameters()), decision: decision.value, comment: comment.value, words: filterWords() };
  try {
    const { rows, hours: amount, left, most } = await send("/api/bulk/preview", request);
    complain(null);
    const others = left ? ` ${records(left)} decided before, or malformed, stay as they are.` : "";
    const many = rows > most ? ` At most ${most.toLocaleString("en")} at once: narrow the filters, or write a rule.` : "";
    by("preview").textContent = `${records(rows)}, ${hours(amount)}, will be ${DONE[request.decision]}.${others}${many}`;
    by("confirm").hidden = rows === 0 || rows > most;
    by("confirm").textContent = `${request.decision[0].toUpperCase()}${request.decision.slice(1)} ${records(rows)}`;
    bulk.request = { ...request, count: rows };
  } catch (error) {
    complain(error);
  }
});
by("all").addEventListener("change", withdraw);
filters.addEventListener("change", withdraw);
by("confirm").addEventListener("click", async () => {
  const request = bulk.request;
  withdraw();
  if (request) await changed("/api/bulk/decision", request, ({ written }) => `${records(written)} ${DONE[request.decision]}.`);
});
async function changed(path, sent, words) {
  try {
    const answer = await send(path, sent);
    complain(null);
    by("preview").textContent = words(answer);
    await list(true);
    await showBatches();
  } catch (error) {
    complain(error);
  }
}
async function showBatches() {
  const batches = await send("/api/bulk");
  by("batches").replaceChildren(
    ...batches.slice(0, 20).map((each) => {
      const made = document.createElement("li");
      made.append(run(`${records(each.lines)} ${DONE[each.decision] || each.decision}: ${each.why} (${each.by}, ${each.at}) `));
      if (each.last) {
        const button = element("button", `Undo ${each.last.toLocaleString("en")}`);
        button.type = "button";
        const { by: author, at, why } = each;
        button.addEventListener("click", () => changed("/api/bulk/undo", { by: author, at, why }, ({ written }) => `${records(written)}: decision undone.`));
        made.append(button);
      } else made.append(element("span", "undone", "note"));
      return made;
    }),
  );
}
by("bulk").addEventListener("toggle", () => by("bulk").open && showBatches().catch(complain));

by("import").addEventListener("change", async () => {
  const [file] = by("import").files;
  if (!file) return;
  try {
    const answer = await fetch("/api/import/decisions.csv", { method: "POST", body: file });
    const content = await answer.json();
    if (!answer.ok) throw new Error(content.error);
    complain(null);
    by("imported").textContent = `${content.written.toLocaleString("en")} decisions added from ${file.name}`;
    await list(true);
  } catch (error) {
    complain(error);
  }
  by("import").value = "";
});
