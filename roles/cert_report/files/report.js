// Copyright: (c) 2026, certops.cdn contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Sorting and filtering of the table. Everything else works without it.
"use strict";
(() => {
  const table = document.querySelector("#rows");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const headers = [...table.tHead.rows[0].cells];
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort ?? cell.textContent.trim();
  };

  // What has no value comes last, whichever way.
  const compare = (one, other, sign) => {
    if (one === "" || other === "") return (one === "") - (other === "");
    const difference = Number(one) - Number(other);
    return sign * (Number.isNaN(difference) ? one.localeCompare(other, "en", { numeric: true }) : difference);
  };

  const sort = (column) => {
    const header = headers[column];
    const now = header.getAttribute("aria-sort");
    const first = header.dataset.first ?? "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = now === first ? other : first;
    const keys = new Map(rows.map((row) => [row, key(row, column)]));
    headers.forEach((each) => each.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", order);
    rows.sort((a, b) => compare(keys.get(a), keys.get(b), order === "ascending" ? 1 : -1));
    body.append(...rows);
  };

  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(column));
    header.append(button);
  });

  const controls = document.querySelector("#controls");
  const [search, provider, severity] = controls.querySelectorAll("input, select");
  const count = document.querySelector("#count");
  const nothing = document.querySelector("#nothing");

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits =
        (!provider.value || row.dataset.provider === provider.value) &&
        (!severity.value || severity.value.split(" ").includes(row.dataset.severity)) &&
        words.every((word) => texts.get(row).includes(word));
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
    nothing.hidden = shown > 0;
  };

  // A link to a row that is filtered away shows it.
  const reveal = () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (row?.hidden) {
      search.value = provider.value = severity.value = "";
      filter();
      row.scrollIntoView();
    }
  };

  controls.addEventListener("input", filter);
  window.addEventListener("hashchange", reveal);
  controls.hidden = false;
  filter();
})();
