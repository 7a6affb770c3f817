"use strict";
const { publications, words } = JSON.parse(document.getElementById("figures").textContent);
const write = (number, places) =>
  number.toLocaleString(words.locale, { minimumFractionDigits: places, maximumFractionDigits: places });

// Without scripts the list is all there is; what needs them shows itself.
for (const each of document.querySelectorAll(".tools")) each.hidden = false;

const day = document.getElementById("day");
const rows = [...document.querySelectorAll("#nights tbody tr")];
day.form.addEventListener("submit", (event) => event.preventDefault());
day.addEventListener("input", () => {
  const wanted = day.value.trim();
  for (const row of rows) row.hidden = !row.cells[0].textContent.includes(wanted);
  const left = rows.filter((row) => !row.hidden).length;
  document.getElementById("found").textContent = wanted
    ? words.found.replace("{found}", write(left, 0)).replace("{all}", write(rows.length, 0))
    : "";
});

const [from, to] = ["from", "to"].map((id) => document.getElementById(id));

function cell(row, text, kind = "td") {
  const made = document.createElement(kind);
  made.textContent = text;
  if (kind === "th") made.scope = row.parentNode.nodeName === "THEAD" ? "col" : "row";
  if (row.cells.length) made.className = "num";
  row.append(made);
}

function difference(before, after) {
  const change = Math.round((after - before) * 10) / 10;
  return (change === 0 ? "±" : change < 0 ? "\u2212" : "+") + write(Math.abs(change), 1);
}

function compare() {
  const [a, b] = [publications[from.value], publications[to.value]];
  const table = document.getElementById("side-by-side");
  table.replaceChildren();
  const head = table.createTHead().insertRow();
  for (const text of [words.metric, a.title, b.title, words.difference]) cell(head, text, "th");
  const body = table.createTBody();
  for (const name of new Set([...a.figures, ...b.figures].map((each) => each.name))) {
    const [x, y] = [a, b].map((each) => each.figures.find((figure) => figure.name === name));
    const row = body.insertRow();
    cell(row, name, "th");
    for (const figure of [x, y]) cell(row, figure ? `${figure.shown} (n ${figure.n})` : words.none);
    cell(row, x && y ? difference(x.value, y.value) : "");
  }
}

if (from) {
  for (const select of [from, to]) {
    publications.forEach((each, place) => select.add(new Option(each.title, place)));
    select.addEventListener("change", compare);
  }
  from.value = 1;
  to.value = 0;
  compare();
}
