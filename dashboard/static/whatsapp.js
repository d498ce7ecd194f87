// A WhatsApp: bubbles, ticks, "typing", photos and voice notes.

import { $, addLine, aside, complain, follow, kept, make, post, say, seconds, showStep } from "./session.js";

const LONGEST_WAIT_S = 60; // a later message is not an answer
const simulator = $("simulator");
const url = simulator.dataset.url;
const sent = new Map();
const pictures = new Map();
let key = null;
let opening = null;
let received = 0;

const clock = () => new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

function bubble(who, text, file) {
  const line = make("div", "", who);
  if (file) line.append(make("p", file, "file"));
  if (text) line.append(make("p", text, "words"));
  line.append(make("small", clock(), "seconds"));
  return line;
}

function tick(sid, state) {
  const message = sent.get(sid);
  if (!message || message.state === "read") return;
  message.state = state;
  message.mark.className = `ticks ${state}`;
  message.mark.textContent = { sent: "✓", refused: "!" }[state] ?? "✓✓";
  message.mark.title = say(state);
  message.mark.setAttribute("aria-label", say(state));
}

function showTyping() {
  const isTyping = [...sent.values()].some((message) => !message.isAnswered);
  $("status").textContent = say(!key ? "offline" : isTyping ? "typing" : "online");
  $("typing").hidden = !isTyping;
  if (isTyping) $("log").append($("typing"));
}

function wrote(event, isPast) {
  const line = bubble("said", event.text, event.file && `${say(event.file)} ${event.name}`);
  const picture = pictures.get(event.name);
  if (picture && !isPast) line.prepend(picture);
  const mark = make("span");
  mark.setAttribute("role", "img");
  line.lastChild.append(" ", mark);
  sent.set(event.sid, { mark, isAnswered: false, before: received });
  tick(event.sid, "sent");
  addLine(line);
}

const happens = {
  wrote,
  step(event) {
    if (event.sid && event.status) tick(event.sid, event.status < 400 ? "delivered" : "refused");
    showStep(event);
  },
  received(event) {
    received += 1;
    for (const sid of sent.keys()) tick(sid, "read");
    const line = addLine(bubble("heard", event.text || event.template, event.media.join(" ")));
    if (event.wait_s < LONGEST_WAIT_S) line.lastChild.prepend(`${seconds(event.wait_s)} s · `);
  },
  answered(event) {
    const message = sent.get(event.sid);
    if (!message) return;
    message.isAnswered = true;
    const isLast = [...sent.values()].every((each) => each.isAnswered);
    if (event.status === null || event.status >= 400) tick(event.sid, "refused");
    else if (isLast && message.before === received) aside(say("later"));
  },
  warning: (event) => aside(`${say("warning")}${event.code ? ` ${event.code}` : ""}: ${event.text}`),
  over,
};

function over(event) {
  key = opening = null;
  kept.set(null);
  for (const message of sent.values()) message.isAnswered = true;
  aside(say(event.reason));
  $("new").hidden = true;
  showTyping();
}

function enter(itsKey) {
  key = itsKey;
  kept.set(key);
  sent.clear();
  $("new").hidden = false;
  const onEvent = (event, isPast) => {
    happens[event.kind]?.(event, isPast);
    showTyping();
  };
  follow(`${url}/${key}`, onEvent, () => over({ reason: "lost" }));
}

async function open() {
  const answer = await post(url, Object.fromEntries(new FormData($("who"))));
  if (answer.ok) enter(answer.key);
  else opening = null;
  return answer;
}

async function send(message) {
  complain("");
  const opened = key ? { ok: true } : await (opening ??= open());
  const answer = opened.ok ? await post(`${url}/${key}`, message) : opened;
  if (!answer.ok) complain(answer.problem ?? say("lost_contact"));
  return answer.ok;
}

async function thumbnail(file) {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return;
  const canvas = make("canvas");
  const scale = Math.min(1, 220 / Math.max(bitmap.width, bitmap.height));
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  pictures.set(file.name, canvas);
}

const encoded = (file) =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.readAsDataURL(file);
  });

function takeText() {
  const text = $("words").value.trim();
  $("words").value = "";
  $("words").focus();
  return text;
}

$("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = takeText();
  if (text) send({ text });
});
$("words").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("write").requestSubmit();
});
$("more").addEventListener("click", (event) => event.target.dataset.sample && send({ sample: event.target.dataset.sample, text: takeText() }));
$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  $("file").value = "";
  if (!file) return;
  if (file.size > Number(simulator.dataset.most)) {
    complain(say("too_large"));
    return;
  }
  await thumbnail(file);
  send({ name: file.name, content: await encoded(file), text: takeText() });
});
$("new").addEventListener("click", () => key && post(`${url}/${key}`, { verb: "leave" }));

simulator.hidden = false;
showTyping();
if (kept.get()) enter(kept.get());
