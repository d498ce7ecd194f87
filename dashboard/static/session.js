// Shared by the phone and the WhatsApp: sends requests, reads events, shows the server's requests.

export const $ = (id) => document.getElementById(id);
const root = $("simulator");
export const texts = JSON.parse(root.dataset.texts);
export const say = (key, values = {}) => (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
export const seconds = (value, digits = 2) => value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (className) element.className = className;
  return element;
}

export async function post(url, body) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content },
    body: JSON.stringify(body),
  }).catch(() => null);
  const isJson = response?.headers.get("Content-Type")?.startsWith("application/json");
  const answer = isJson ? await response.json() : {};
  return { ok: Boolean(response?.ok), status: response?.status ?? 0, ...answer };
}

export function complain(text) {
  const place = $("trouble");
  place.textContent = text ?? "";
  place.hidden = !text;
}

// Reads the events in order until the session ends. The first response after a reload holds the past ones.
export async function follow(url, onEvent, onLost) {
  let after = 0;
  let isPast = true;
  for (;;) {
    const response = await fetch(`${url}/events?after=${after}`).catch(() => null);
    if (response?.redirected) return window.location.reload(); // to the login: the session has expired
    if (response?.status === 404) return onLost();
    if (!response?.ok) {
      complain(say("lost_contact"));
      await new Promise((resolve) => setTimeout(resolve, 1000));
      continue;
    }
    complain("");
    const { events, over } = await response.json();
    for (const event of events) {
      after = event.n;
      onEvent(event, isPast);
      if (event.kind === "over") return undefined;
    }
    if (over) return onLost();
    isPast = false;
  }
}

export function addLine(line) {
  const log = $("log");
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  log.append(line);
  if (isAtEnd) requestAnimationFrame(() => log.scrollTo(0, log.scrollHeight)); // after its content is complete
  return line;
}

export const aside = (text) => addLine(make("p", text, "aside"));

function shown(title, text) {
  const box = make("pre", text);
  box.tabIndex = 0; // makes it scrollable by keyboard
  return [make("h3", say(title)), box];
}

export function showStep(step) {
  $("nothing-inside")?.remove();
  const item = make("li");
  const details = make("details");
  const summary = make("summary");
  const tries = step.tries > 1 ? ` ×${step.tries}` : "";
  summary.append(make("code", `${step.method} ${step.path}`), make("span", `${step.status ?? step.problem}${tries} · ${seconds(step.seconds, 3)} s`, "seconds"));
  details.append(summary);
  const fields = Object.entries(step.fields).map(([name, value]) => `${name}: ${value}`);
  if (fields.length) details.append(...shown("form", fields.join("\n")));
  if (step.twiml) details.append(...shown("answer", step.twiml));
  item.append(details);
  $("steps").append(item);
}

// One key for each tab, so that a reloaded page finds its call.
export const kept = {
  name: root.dataset.kind,
  get: () => sessionStorage.getItem(kept.name),
  set: (key) => (key ? sessionStorage.setItem(kept.name, key) : sessionStorage.removeItem(kept.name)),
};
