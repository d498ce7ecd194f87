// A campaign's page: what was opened stays open while the page is looked at again.

let open = [];

document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "live") return;
  open = [...document.querySelectorAll("#live details[open]")].map((details) => details.id);
});

document.body.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  open = [];
});
