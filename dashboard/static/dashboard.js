// For every page: times in the reader's zone, the CSRF token, forms that are sent once, and a notice when the server does not answer.

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
// A form is sent once: its button rests until the answer is there, or something has gone wrong on the way.
const RESTS_MS = 10000;
function rest(form, isResting) {
  for (const button of form.querySelectorAll("button[type=submit]")) button.disabled = isResting;
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  setTimeout(() => rest(form, true)); // once the browser has read the form
  setTimeout(() => rest(form, false), RESTS_MS);
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) if (form.method === "post") rest(form, false);
});
// Content added later by htmx, a stream or a page's own script.
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) showTimes(node.parentElement ?? node);
  }
}).observe(document.body, { childList: true, subtree: true });
showTimes(document);
