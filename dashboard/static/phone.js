// A phone: rings, speaks with the browser's voice, and takes speech or typing. It follows the server's clock.

import { $, addLine, aside, complain, follow, kept, make, post, say, seconds, showStep } from "./session.js";
import { SpeechInput, ring, speak, stopRinging, stopSpeaking } from "./voice.js";

const url = $("simulator").dataset.url;
let key = null;
let began = 0;
let turnIsNew = true;
let saidUntil = 0;
let canInterrupt = false;
let timer = null;
let held = [];
let acts = Promise.resolve();

const now = () => performance.now() / 1000;
const isSpeaking = () => now() < saidUntil;

function show(state) {
  $("status").textContent = say(state);
  $("simulator").dataset.state = state;
  $("interrupt").disabled = !(state === "speaking" && canInterrupt);
}

function listen() {
  clearTimeout(timer);
  const left = saidUntil - now();
  if (left > 0.05) {
    show("speaking");
    timer = setTimeout(listen, left * 1000);
  } else {
    show("listening");
    speechInput.open();
  }
}

function bubble(who, text, className = who) {
  const line = make("div", "", className);
  line.append(make("span", say(who === "said" ? "you" : "assistant"), "hide"), make("p", text));
  return addLine(line);
}

function dropHeld() {
  for (const line of held) line.remove();
  held = [];
}

function heard(event, isPast) {
  stopRinging();
  clearTimeout(timer);
  const line = bubble("heard", event.plays ? say("music", { text: event.text }) : event.text);
  if (turnIsNew || event.wait_s >= 0.05) line.append(make("small", `${seconds(event.wait_s)} s`, "seconds"));
  turnIsNew = false;
  canInterrupt = false;
  if (isPast) return;
  saidUntil = now() + event.in_s + event.duration_s;
  show("speaking");
  speechInput.close();
  if (!event.plays && $("voice").checked) speak(event.text, event.language);
}

const happens = {
  ringing(event, isPast) {
    began = now();
    show("ringing");
    if (!isPast) ring();
  },
  heard,
  said(event) {
    dropHeld();
    bubble("said", event.text);
    turnIsNew = true;
  },
  held(event) {
    const line = bubble("said", event.text, "said held");
    line.append(make("small", say("held")));
    held.push(line);
  },
  cut(event) {
    stopSpeaking();
    saidUntil = 0;
    aside(event.text ? say("cut", event) : say("nothing_heard"));
  },
  listening(event, isPast) {
    canInterrupt = event.interruptible;
    saidUntil = isPast ? 0 : now() + event.prompt_s;
    $("keys").value = "";
    listen();
  },
  thinking() {
    clearTimeout(timer);
    stopSpeaking();
    saidUntil = 0;
    show("thinking");
  },
  keys(event) {
    stopSpeaking();
    $("keys").value = event.keys;
  },
  silent: () => aside(say("silent")),
  dialled: (event) => aside(say("dialled", { numbers: event.numbers, outcome: say(event.outcome) })),
  warning: (event) => aside(`${say("warning")}${event.code ? ` ${event.code}` : ""}: ${event.text}`),
  step: showStep,
  over,
};

function over(event) {
  clearTimeout(timer);
  stopRinging();
  stopSpeaking();
  speechInput.stop();
  showMicrophone(false);
  dropHeld();
  aside(say(event.reason));
  if (event.failure) aside(event.failure);
  if (event.median_s != null) {
    const length = `${Math.floor(event.seconds / 60)}:${String(Math.floor(event.seconds % 60)).padStart(2, "0")}`;
    aside(say("summary", { length, turns: event.turns, median: seconds(event.median_s), slowest: seconds(event.slowest_s) }));
  }
  key = null;
  kept.set(null);
  show("ready");
  $("length").textContent = "";
  setInCall(false);
  $("call").textContent = say("again");
  $("call").focus();
}

function setInCall(isInCall) {
  $("in-call").hidden = !isInCall;
  $("before-call").hidden = isInCall;
}

function enter(itsKey) {
  key = itsKey;
  kept.set(key);
  began = now();
  $("log").replaceChildren();
  $("steps").replaceChildren();
  setInCall(true);
  $("words").focus();
  follow(`${url}/${key}`, (event, isPast) => happens[event.kind]?.(event, isPast), () => over({ reason: "lost" }));
}

// One after another: two keys that are pressed at once must not overtake each other on their way
function act(verb, text = "", confidence = null) {
  if (!key) return;
  const called = key;
  const send = () => post(`${url}/${called}`, { verb, text, confidence }).then(answered);
  acts = acts.then(send, send);
}

function answered(answer) {
  if (!answer.ok && key) complain(answer.problem ?? say("lost_contact"));
}

function spoken(text, confidence) {
  act(isSpeaking() ? "interrupt" : "say", text, confidence);
}

function deaf(why) {
  showMicrophone(false);
  complain(say(why));
}

const showMicrophone = (isOn) => $("microphone").setAttribute("aria-pressed", String(isOn));
const speechInput = new SpeechInput({ language: $("simulator").dataset.language, onWords: spoken, onSound: stopSpeaking, onTrouble: deaf });

$("dial").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("call").disabled = true;
  complain("");
  const answer = await post(url, Object.fromEntries(new FormData(event.target)));
  $("call").disabled = false;
  if (answer.ok) enter(answer.key);
  else complain(answer.problem ?? say("lost_contact"));
});
$("speak").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("words").value.trim();
  const verb = event.submitter?.id === "interrupt" ? "interrupt" : "say";
  if (text || (verb === "interrupt" && held.length)) act(verb, text);
  $("words").value = "";
  $("words").focus();
});
$("silence").addEventListener("click", () => act("silence"));
$("hang-up").addEventListener("click", () => {
  stopSpeaking();
  stopRinging();
  act("hang_up");
});
$("pad").addEventListener("click", (event) => event.target.dataset.key && act("press", event.target.dataset.key));
$("pad").addEventListener("keydown", (event) => /^[0-9*#]$/.test(event.key) && act("press", event.key));
$("voice").addEventListener("change", () => $("voice").checked || stopSpeaking());
$("microphone").hidden = !speechInput.exist;
$("microphone").addEventListener("click", () => showMicrophone(speechInput.toggle()));
setInterval(() => {
  if (!key || $("simulator").dataset.state === "ringing") return;
  const length = Math.max(0, Math.floor(now() - began));
  $("length").textContent = `${Math.floor(length / 60)}:${String(length % 60).padStart(2, "0")}`;
}, 500);

$("simulator").hidden = false;
show("ready");
if (kept.get()) enter(kept.get());
