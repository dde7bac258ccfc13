// Conveniences only: every page can be read without them.
"use strict";

const CHOICES = 8; // a column with no more different words than this gets a list to choose from

function words(cell) {
  return cell.textContent.trim();
}

function choicesOf(rows, column) {
  const found = [...new Set(rows.map((row) => words(row.cells[column])))];
  return found.length > 1 && found.length <= CHOICES && found.every((word) => word.length < 30) ? found.sort() : [];
}

function field(label, control) {
  const wrapper = document.createElement("label");
  wrapper.append(`${label} `, control);
  return wrapper;
}

function filterFor(table) {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells];
  const text = Object.assign(document.createElement("input"), { type: "search" });
  const lists = heads.map((head, column) => {
    const choices = head.className === "number" ? [] : choicesOf(rows, column);
    if (!choices.length) return null;
    const list = document.createElement("select");
    list.append(new Option("all", ""), ...choices.map((word) => new Option(word || "(none)", `=${word}`)));
    return list;
  });
  const count = Object.assign(document.createElement("output"), { className: "count" });
  const apply = () => {
    const wanted = text.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const chosen = lists.every((list, column) => !list || !list.value || `=${words(row.cells[column])}` === list.value);
      row.hidden = !(chosen && row.textContent.toLowerCase().includes(wanted));
      shown += row.hidden ? 0 : 1;
    }
    count.value = `${shown} of ${rows.length} rows`;
  };
  const bar = Object.assign(document.createElement("form"), { className: "filters" });
  bar.setAttribute("aria-label", "Filter the table");
  bar.append(field("Filter", text));
  lists.forEach((list, column) => list && bar.append(field(words(heads[column]), list)));
  bar.append(count);
  bar.addEventListener("input", apply);
  bar.addEventListener("submit", (event) => event.preventDefault());
  table.parentElement.before(bar);
  return (word) => {
    text.value = word;
    apply();
  };
}

const filters = [...document.querySelectorAll("table.filtered")].map(filterFor);
const asked = new URLSearchParams(location.search).get("q") || "";
const names = location.pathname.endsWith("/names.html");
filters.forEach((fill, place) => fill(names && place === 0 ? asked : ""));
if (names) document.getElementById("q").value = asked;

window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
