// Speakers or languages: how much each has, how much of it is bad, and by a click its records.
const which = by("which-groups");
const COLUMNS = [
  ["value", "name", "by their letters"],
  ["count", "records", "records of it"],
  ["hours", "hours", "of all of its records"],
  ["bad", "bad", "the share of its hours that is bad"],
  ["char_rate", "char_rate", "the mean of its records"],
  ["wer", "wer", "the mean of its records that have one"],
];
const CELLS = {
  count: (each) => figure(each.count),
  hours: (each) => element("td", hours(each.hours), "value"),
  bad: (each) => element("td", each.bad === null ? "" : `${(100 * each.bad).toFixed(1)} %`, "value"),
  char_rate: (each) => figure(each.char_rate),
  wer: (each) => figure(each.wer, 3),
};
function lists({ value }) {
  const field = filters.elements[which.elements.column.value];
  if (field.tagName === "SELECT" && ![...field.options].some((each) => each.value === value)) options(field.name, [[value, value]]);
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
const NOUNS = { speaker: ["speaker", "speakers"], lang: ["language", "languages"] };
const noun = (total) => NOUNS[which.elements.column.value][total === 1 ? 0 : 1];
const nameless = () => element("span", "none declared", "none");
const table = tablePanel(
  {
    panel: by("groups"), form: which, region: by("group-rows"), head: by("group-head"),
    body: by("group-list"), status: by("group-count"), more: by("more-groups"),
  },
  {
    path: "/api/groups",
    list: "groups",
    sort: "hours",
    ascends: ["value"],
    extra: ({ column }) => ({ column: column.value }),
    columns: ({ rates }) => COLUMNS.filter(([name]) => !["char_rate", "wer"].includes(name) || rates.includes(name)),
    first: (each) => (each.value === null ? nameless() : choice(each.value, "", () => lists(each))),
    cell: (each, name) => CELLS[name](each),
    waits: () => "Adding up, once",
    counts: ({ total }) => (total ? `${total.toLocaleString("en")} ${noun(total)}` : "No such name"),
  },
);
HELP.s = table.toggle;
