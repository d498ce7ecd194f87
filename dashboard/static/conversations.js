// A live conversation: keeps its end in view, unless the reader has scrolled up.

const NEAR = 48;
let place = null;

const entries = () => document.getElementById("entries");

function toEnd() {
  const list = entries();
  if (list) list.scrollTop = list.scrollHeight;
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const list = entries();
  if (!list || event.detail.target.id !== "live") return;
  const open = [...document.querySelectorAll("#live details[open]")].map((details) => details.id);
  const reason = document.querySelector("#live input[name=reason]")?.value ?? "";
  place = { atEnd: list.scrollHeight - list.scrollTop - list.clientHeight < NEAR, top: list.scrollTop, open, reason };
});

document.body.addEventListener("htmx:afterSwap", () => {
  if (!place) return;
  const list = entries();
  for (const id of place.open) document.getElementById(id)?.setAttribute("open", "");
  const reason = document.querySelector("#live input[name=reason]");
  if (reason) reason.value = place.reason;
  if (place.atEnd) toEnd();
  else if (list) list.scrollTop = place.top;
  place = null;
});

toEnd();
