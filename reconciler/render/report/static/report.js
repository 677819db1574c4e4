// What pages can do beyond being read: tables that sort and filter, maps that are walked with the arrow keys.
// Everything that is told stands in the page already; this file loads nothing and stores nothing.
"use strict";

const SORTED = { ascending: 1, descending: -1 };

function keyOf(cell) {
  const text = cell.textContent.trim();
  if (text === "" || text === "–") return null; // not measured
  const number = Number(text.replaceAll("\u2212", "-"));
  return Number.isNaN(number) ? text : number;
}

function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

function sort(table, column, direction) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row) => ({ row, key: keyOf(row.cells[column]) }));
  rows.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null); // always last
    return SORTED[direction] * compare(a.key, b.key);
  });
  body.append(...rows.map(({ row }) => row));
}

function makeSortable(table) {
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, column) => {
    if ("unsorted" in head.dataset) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const direction = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", direction);
      sort(table, column, direction);
    });
  });
}

function makeFilter(table) {
  const rows = Array.from(table.tBodies[0].rows);
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const line = document.createElement("p");
  const label = document.createElement("label");
  const input = document.createElement("input");
  const said = document.createElement("span");
  line.className = "filter";
  said.setAttribute("role", "status");
  input.type = "search";
  label.append(`Filter ${table.dataset.filter} `, input);
  line.append(label, said);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => texts[at].includes(word));
      shown += !row.hidden;
    });
    said.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
  });
  table.parentElement.before(line);
}

// A map is one stop of the Tab key; arrows go to the nearest place in their direction, Enter follows the link.
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function makeWalkable(map) {
  const links = Array.from(map.querySelectorAll("a"));
  const readout = map.parentElement.querySelector("[data-readout]");
  let centres = null; // asked for only when somebody walks
  let current = links[0];

  const show = (link) => {
    readout.textContent = link.querySelector("title").textContent;
    const outline = link.querySelector("path").getAttribute("d");
    map.querySelectorAll("[data-here]").forEach((path) => path.setAttribute("d", outline)); // above all neighbours
  };
  const at = (link) => {
    const box = link.getBBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const next = (from, [dx, dy]) => {
    centres ??= new Map(links.map((link) => [link, at(link)]));
    const [x, y] = centres.get(from);
    let best = null, least = Infinity;
    for (const [link, [u, v]] of centres) {
      const along = (u - x) * dx + (v - y) * dy;
      const aside = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
      if (along > 0.5 && along + 3 * aside < least) [best, least] = [link, along + 3 * aside];
    }
    return best;
  };
  const select = (link) => {
    current.setAttribute("tabindex", "-1");
    current = link;
    current.setAttribute("tabindex", "0");
  };

  links.forEach((link) => link.setAttribute("tabindex", "-1"));
  if (current) select(map.querySelector("a[data-first]") ?? current);
  map.addEventListener("pointerover", (event) => {
    const link = event.target.closest("a");
    if (link) show(link);
  });
  map.addEventListener("focusin", (event) => {
    const link = event.target.closest("a");
    if (link) { select(link); show(link); }
  });
  map.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    if (!way) return;
    event.preventDefault();
    next(current, way)?.focus();
  });
}

document.querySelectorAll("table.sortable").forEach(makeSortable);
document.querySelectorAll("table[data-filter]").forEach(makeFilter);
document.querySelectorAll("[data-map]").forEach(makeWalkable);
