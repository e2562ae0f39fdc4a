/** Lists of the admin: select all rows at once, enable the actions once a row is selected, and close open filters. */

import { ngettext } from "chatsite/i18n.js";

const boxes = [...document.querySelectorAll(".action-select")];
const all = document.querySelector("#action-toggle");
const count = document.querySelector(".list-actions__count");
const noSelection = count?.textContent;

function show() {
  const selected = boxes.filter((box) => box.checked).length;
  for (const box of boxes) box.closest("tr").classList.toggle("is-selected", box.checked);
  for (const button of document.querySelectorAll(".list-actions button")) button.disabled = selected === 0;
  all.checked = selected === boxes.length;
  all.indeterminate = selected > 0 && !all.checked;
  count.textContent = selected ? ngettext("%(count)s selected:", "%(count)s selected:", selected) : noSelection;
}

if (all && boxes.length) {
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  for (const box of boxes) box.addEventListener("change", show);
  addEventListener("pageshow", show); // Back restores the boxes.
  show();
}

function closeFilters(except) {
  for (const filter of document.querySelectorAll(".filter[open]")) if (filter !== except) filter.open = false;
}
addEventListener("click", ({ target }) => closeFilters(target.closest(".filter")));
addEventListener("keydown", ({ key }) => key === "Escape" && closeFilters());
