"use strict";
// Saved views: the address by a name, for all sessions with the same log of decisions.
const listing = { requests: 0 };
async function views(path, sent) {
  const turn = ++listing.requests;
  try {
    const saved = await send(path, sent);
    if (turn !== listing.requests) return true; // a later answer shows what there is now
    by("saved").replaceChildren(...saved.map(savedItem));
    by("view-note").textContent = saved.length ? "" : "No view is saved";
    return true;
  } catch (error) {
    by("view-note").textContent = error.message;
    return false;
  }
}
function savedItem({ name, query, by: author, at }) {
  const made = document.createElement("li");
  const shows = element("button", undefined, "view");
  shows.type = "button";
  shows.append(isolated(literal(name)));
  shows.addEventListener("click", () => {
    apply(new URLSearchParams(query));
    state.preset = false;
    withdraw();
    list(true);
  });
  const removes = element("button", "Delete");
  removes.type = "button";
  removes.setAttribute("aria-label", `Delete ${name}`);
  removes.addEventListener("click", async () => {
    if (await views("/api/views/delete", { name })) by("views").querySelector("summary").focus();
  });
  const note = element("span", undefined, "note");
  note.append(literal(` ${author}, ${at} `));
  made.append(shows, note, removes);
  return made;
}
function toViews() {
  by("views").open = true;
  by("save-view").elements.name.focus();
}
by("save-view").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name } = by("save-view").elements;
  if (await views("/api/views/save", { name: name.value, query: String(parameters()) })) name.value = "";
});
by("views").addEventListener("toggle", () => by("views").open && views("/api/views"));
