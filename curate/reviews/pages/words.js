// The words of all texts: how often each occurs, how well it is recognised, and by a click its records.
const ACCURACY = "of the occurrences that the prediction has right; words that it adds are not counted";
const COLUMNS = [
  ["word", "word", "by their letters"],
  ["count", "count", "occurrences in all texts"],
  ["rows", "records", "records with it"],
  ["accuracy", "accuracy", ACCURACY],
  ["accuracy_2", "second", `by the second prediction (pred_text_2): ${ACCURACY}`],
  ["difference", "more errors", "of the first prediction than of the second, in as many occurrences"],
];
const CELLS = {
  count: (each) => figure(each.count),
  rows: (each) => figure(each.rows),
  accuracy: (each) => share(each.wrong, each.predicted),
  accuracy_2: (each) => share(each.wrong_2, each.predicted_2),
  difference: (each) => figure(each.difference),
};
function share(wrong, predicted) {
  const cell = element("td", predicted ? `${(100 * (1 - wrong / predicted)).toFixed(1)} %` : "", "value");
  if (predicted) cell.title = `${wrong.toLocaleString("en")} of ${predicted.toLocaleString("en")} wrong`;
  return cell;
}
// A word that only the normaliser writes so is looked for as the texts write it, or as a part of them.
function lists({ word, count, written }) {
  const { text, how } = filters.elements;
  filters.elements.case.checked = false;
  text.value = count === null ? written ?? word : word;
  how.value = count === null && written === null ? "substring" : "token";
  text.dispatchEvent(new Event("change", { bubbles: true }));
}
const table = tablePanel(
  {
    panel: by("words"), form: by("which-words"), region: by("word-rows"), head: by("word-head"),
    body: by("vocabulary"), status: by("word-count"), more: by("more-words"),
  },
  {
    path: "/api/words",
    list: "words",
    sort: "count",
    ascends: ["word", "accuracy", "accuracy_2"], // the worst recognised first
    extra: ({ often }) => (often.value === "once" ? { most: 1 } : often.value ? { least: often.value } : {}),
    columns({ models: [first, second] }) {
      const known = { accuracy: first, accuracy_2: second, difference: first && second };
      return COLUMNS.filter(([name]) => known[name] ?? true);
    },
    first: (each) => choice(each.word, each.count === null && each.written ? `the texts have ${each.written}` : "", () => lists(each)),
    cell: (each, name) => CELLS[name](each),
    waits: (share) => `Counting the words, once: ${Math.round(100 * share)} % of the texts`,
    counts({ total, models }) {
      if (total) return `${total.toLocaleString("en")} ${total === 1 ? "word" : "words"}`;
      return models[0] ? "No such word" : "No such word, and no predictions";
    },
  },
);
HELP.w = table.toggle;
HELP.W = () => table.sorted("accuracy", false);
HELP.o = () => {
  by("which-words").elements.often.value = "once";
  table.sorted("count", true);
};
