"use strict";
// What stands where: on a wide screen the filters, the tools, the list and the record beside it; on a
// narrow one the record first. Elements are moved rather than drawn elsewhere, so that the keyboard
// follows what is seen.
const wide = window.matchMedia("(min-width: 62rem)");
function arrange() {
  const [list, record] = [by("list"), by("record")];
  if (wide.matches) {
    by("bench").append(list, record);
    by("bench").before(by("tools"), by("unread"), by("fault"));
  } else {
    by("bench").append(record, list);
    by("bench").before(by("unread"), by("fault"));
    by("bench").after(by("tools"));
  }
  by("measured").open = wide.matches; // they are many: on a narrow screen the list would stand far below
}
wide.addEventListener("change", arrange);
arrange();

// On a narrow screen the filters stand behind one line, which says what they are.
function unfold(open) {
  by("fold").setAttribute("aria-expanded", String(open));
}
by("fold").addEventListener("click", () => unfold(by("fold").ariaExpanded !== "true"));
function toSearch() {
  unfold(true);
  by("filters").elements.text.focus();
}
