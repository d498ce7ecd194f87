// For every page: times in the reader's zone, the CSRF token, and a notice when the server does not answer.

const language = document.documentElement.lang;
const shows = {
  both: { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" },
  day: { dateStyle: "medium" },
  clock: { timeStyle: "medium", hourCycle: "h23" },
};
const formats = Object.fromEntries(
  Object.entries(shows).map(([kind, options]) => [kind, new Intl.DateTimeFormat(language, options)]),
);

function showTimes(within) {
  for (const time of within.querySelectorAll("time[data-shows]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = formats[time.dataset.shows].format(at);
  }
}

function complain(isOver) {
  const place = document.getElementById("trouble");
  place.textContent = isOver ? "" : document.body.dataset.lost;
  place.hidden = isOver;
}

document.body.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
});
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.body.addEventListener(name, () => complain(false));
}
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) complain(true);
});
// Content added later by htmx, a stream or a page's own script.
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) showTimes(node.parentElement ?? node);
  }
}).observe(document.body, { childList: true, subtree: true });
showTimes(document);
