"use strict";
// What all scripts of the review page use. Whatever comes from a manifest is set as text, never as markup.
const by = (id) => document.getElementById(id);

function element(name, text, kind) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

// Controls and marks that change how their neighbours show stand as labels.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;
function literal(text) {
  const parts = document.createDocumentFragment();
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match[0] === "\u200c" || match[0] === "\u200d") continue;
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    parts.append(text.slice(from, match.index), element("span", `U+${code}`, "hidden-sign"));
    from = match.index + match[0].length;
  }
  parts.append(text.slice(from));
  return parts;
}
function run(text, kind, name = "span") {
  const made = element(name, undefined, kind);
  made.append(literal(text));
  return made;
}
function isolated(...parts) {
  const made = document.createElement("bdi");
  made.append(...parts);
  return made;
}

const number = (value) =>
  Number.isInteger(value) ? value.toLocaleString("en") : Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 });

async function send(path, sent) {
  const options = sent && {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(sent),
  };
  const answer = await fetch(path, options);
  const content = await answer.json().catch(() => ({ error: `the server answered ${answer.status}` }));
  if (!answer.ok) throw Object.assign(new Error(content.error), { status: answer.status });
  return content;
}
function complain(error) {
  by("fault").hidden = !error;
  by("fault").textContent = error ? error.message : "";
}
