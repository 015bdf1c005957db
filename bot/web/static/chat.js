// The browser side of the chat: shows what the server streams, posts what the person writes or presses.

import { _, draw, firstLine, make, page, place } from "./message.js";

const base = page.base;
const csrf = document.querySelector('meta[name="csrf-token"]').content;
const maxLength = Number(page.maxLength);
const pageTitle = document.title;
const find = (selector) => document.querySelector(selector);

const [scroller, log, banner, toast, fresh] = ["#scroller", "#log", "#banner", "#toast", "#fresh"].map(find);
const [composer, input, strip, counter, refusal, announcer] =
  ["#composer", "#text", "#strip", "#counter", "#refusal", "#announcer"].map(find);
const unsent = find("#unsent");
const controls = composer.querySelector("fieldset");

const POST_LIMIT_MS = 15000; // then the message counts as undelivered
const ECHO_LIMIT_MS = 8000; // accepted, yet not streamed back: the stream is dead though it looks open
const PATIENCE_MS = 1500; // shorter interruptions are not worth a banner
const SLEEP_MS = 60000; // after so long in the background a stream is not trusted
const storageKey = `shuiqiao:undelivered:${base}`;
const draftKey = `shuiqiao:draft:${base}`;
/**
 * @typedef {{client_id: string, text: string, reply_to: number|null, at: string, session: string,
 *   state: "sending"|"failed"|"refused", note: string, node: HTMLElement}} Letter  what the server has not accepted yet
 * @typedef {{kind: "accepted"|"transient"|"refused"|"gone", words: string, retryAfter: number}} Outcome  of a POST
 */

/** @type {Map<number, {seq: number, node: HTMLElement, text: string}>} */
const shown = new Map();
/** @type {Map<string, Letter>} in the order of writing */
const outbox = new Map();
/** @type {Map<string, HTMLElement>} accepted, waiting for their echo */
const accepted = new Map();

let lastSeq = 0;
let tries = 0; // to reopen the stream
let replyTo = null;
let stuckToBottom = true;
let ready = false;
let ended = false;
let delivering = false;
let unread = 0; // arrived while the page was in the background
let hiddenSince = 0;
/** @type {Record<"toast"|"banner"|"reopen", number|undefined>} */
const timers = {};
const acts = { reply: startReply, press, find: (id) => shown.get(id) };
/** @type {EventSource|null} */
let stream = null;

/** A random UUID; `crypto.randomUUID` is missing on plain-HTTP intranets. */
function uuid4() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

const lengthOf = (text) => [...text].length; // characters, as the server counts them

function scrollDown() {
  scroller.scrollTop = scroller.scrollHeight;
  stuckToBottom = true;
  fresh.hidden = true;
}

/** What was just said is read from its beginning, also where it is longer than the page. */
function showFromTheTop(node) {
  scrollDown();
  scroller.scrollTop = Math.min(scroller.scrollTop, node.offsetTop - 8);
}

function say(text) {
  toast.textContent = text;
  toast.classList.toggle("visible", text !== "");
  clearTimeout(timers.toast);
  if (text) timers.toast = setTimeout(say, Math.max(4000, text.length * 150), "");
}

function showBanner(text, offerReload = false) {
  banner.firstElementChild.textContent = text;
  banner.lastElementChild.hidden = !offerReload;
  banner.hidden = !text;
}

/** The session is over: nothing more is sent, and undelivered words stay stored for the reload. */
function endSession(text) {
  ended = true;
  if (stream) stream.close();
  controls.disabled = true;
  clearTimeout(timers.banner);
  showBanner(text, true);
}

// ---- messages on the page

/** Takes one streamed message: new, the echo of a letter, or a newer version of one that is shown. */
function receive(message) {
  lastSeq = Math.max(lastSeq, message.seq);
  const known = shown.get(message.id);
  if (known && known.seq >= message.seq) return;
  const letter = outbox.get(message.client_id);
  const node = (known && known.node) || (letter && letter.node) || accepted.get(message.client_id) || make("article");
  if (letter) forget(letter);
  accepted.delete(message.client_id);
  node.dataset.id = String(message.id);
  shown.set(message.id, { seq: message.seq, node, text: message.text });
  draw(node, message, acts);
  place(node, message.id);
  if (stuckToBottom && ready && !known && message.from === "bot") showFromTheTop(node);
  else if (stuckToBottom) scrollDown();
  else if (ready && !known && message.from === "bot") fresh.hidden = false;
  if (ready && !known && document.hidden) document.title = `(${++unread}) ${pageTitle}`;
}

// ---- posting

/** @returns {Promise<Outcome>} never throws */
async function post(path, body) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), POST_LIMIT_MS);
  try {
    const response = await fetch(base + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify(body),
      signal: abort.signal,
    });
    if (response.ok) return { kind: "accepted", words: "", retryAfter: 0 };
    if (response.status === 401) {
      endSession(_("会话已失效，请重新载入页面。"));
      return { kind: "gone", words: "", retryAfter: 0 };
    }
    const problem = await response.json().catch(() => ({}));
    const transient = response.status === 429 || response.status >= 500;
    return {
      kind: transient ? "transient" : "refused",
      words: problem.message || (transient ? _("暂时无法连接服务器") : _("这条消息未被接收")),
      retryAfter: Number(problem.retry_after) || 0,
    };
  } catch {
    return { kind: "transient", words: _("暂时无法连接服务器"), retryAfter: 0 };
  } finally {
    clearTimeout(timer);
  }
}

function remember() {
  const letters = [...outbox.values()].map(({ node, ...rest }) => rest);
  try {
    if (letters.length) sessionStorage.setItem(storageKey, JSON.stringify(letters));
    else sessionStorage.removeItem(storageKey);
  } catch {
    // storage may be forbidden inside a frame; the letters then live as long as the page
  }
}

function forget(letter) {
  outbox.delete(letter.client_id);
  remember();
}

/** Brings back what was undelivered. Words left by another session are shown but wait for a person's press. */
function restore() {
  try {
    for (const letter of JSON.parse(sessionStorage.getItem(storageKey)) || []) {
      const state = letter.session === csrf ? "failed" : "refused";
      addLetter({ ...letter, state, note: _("上次离开前未送达") });
    }
  } catch {
    // unreadable or forbidden storage: there is nothing to bring back
  }
}

function addLetter(letter) {
  letter.node = make("article");
  outbox.set(letter.client_id, letter);
  draw(letter.node, letter, acts);
  place(letter.node, Infinity);
  showState(letter);
}

/** What stands under a letter: 发送中, or why not and what can be done. */
function showState({ node, state, note, client_id }) {
  const spot = node.querySelector(".state");
  node.classList.toggle("undelivered", state !== "sending");
  if (state === "sending") {
    spot.replaceChildren(_("发送中"));
    return;
  }
  const retry = make("button", "retry", _("未送达，重试"));
  retry.addEventListener("click", () => resend((letter) => letter.client_id === client_id));
  spot.replaceChildren(make("span", "note", note), retry);
  if (state === "refused") {
    const edit = make("button", "retry", _("取回修改"));
    edit.addEventListener("click", () => takeBack(outbox.get(client_id)));
    spot.append(edit);
  }
}

function setState(letter, state, note = "") {
  Object.assign(letter, { state, note });
  showState(letter);
}

function takeBack(letter) {
  forget(letter);
  letter.node.remove();
  input.value = [letter.text, input.value].filter(Boolean).join("\n");
  measure();
  input.focus();
}

/** Posts the waiting letters one after the other, so that they arrive in the order of writing. */
async function deliver() {
  if (delivering) return;
  delivering = true;
  for (;;) {
    const letter = [...outbox.values()].find(({ state }) => state === "sending");
    if (!letter || ended) break;
    const { client_id, text, reply_to } = letter;
    const outcome = await post("/messages", { client_id, text, reply_to });
    if (!outbox.has(client_id)) continue; // its echo was faster
    if (outcome.kind === "accepted") {
      forget(letter);
      accepted.set(client_id, letter.node);
      letter.node.querySelector(".state").textContent = _("已送达");
      setTimeout(() => accepted.has(client_id) && connect(), ECHO_LIMIT_MS);
      continue;
    }
    const refused = outcome.kind === "refused"; // this one; anything else would befall those behind it as well
    const undelivered = refused ? [letter] : [...outbox.values()].filter(({ state }) => state === "sending");
    for (const other of undelivered) setState(other, refused ? "refused" : "failed", outcome.words);
    announcer.textContent = `${_("未送达，重试")} ${outcome.words}`;
    if (stuckToBottom) scrollDown();
    if (outcome.retryAfter) setTimeout(resend, outcome.retryAfter * 1000);
  }
  delivering = false;
}

/** Tries again, with the same client ids: the server takes a repeated one for the same message. */
function resend(wanted = ({ state }) => state === "failed") {
  for (const letter of outbox.values()) if (wanted(letter)) setState(letter, "sending");
  deliver();
}

function write(text, inReplyTo = null) {
  const at = new Date().toISOString();
  addLetter({ client_id: uuid4(), text, reply_to: inReplyTo, at, session: csrf, state: "sending", note: "" });
  remember();
  scrollDown();
  resend();
}

/** Presses a message's button. After an unclear outcome the next press of it repeats the same client id. */
async function press(key, messageId, data) {
  const keys = [...key.closest(".keyboard").querySelectorAll("button")];
  if (ended || keys.some((other) => other.getAttribute("aria-disabled") === "true")) return;
  for (const other of keys) other.setAttribute("aria-disabled", "true");
  key.classList.add("pressed");
  stuckToBottom = true; // what it leads to is said below
  const client_id = key.dataset.clientId || uuid4();
  const outcome = await post("/presses", { client_id, message_id: messageId, data });
  if (outcome.kind === "accepted") await new Promise((done) => setTimeout(done, PATIENCE_MS));
  else if (outcome.words) say(outcome.words);
  key.dataset.clientId = outcome.kind === "transient" ? client_id : "";
  key.classList.remove("pressed");
  for (const other of keys) other.removeAttribute("aria-disabled");
}

// ---- the stream

function connect() {
  if (ended) return;
  if (stream) stream.close();
  clearTimeout(timers.reopen);
  const own = (stream = new EventSource(`${base}/events?after=${lastSeq}`));
  const on = (name, act) => own.addEventListener(name, (event) => act(event.data ? JSON.parse(event.data) : {}));
  on("message", receive);
  on("bye", () => endSession(_("本次会话已结束。")));
  on("ready", caughtUp);
  own.addEventListener("error", () => own === stream && connectionLost());
}

function caughtUp() {
  clearTimeout(timers.banner);
  timers.banner = undefined;
  tries = 0;
  showBanner("");
  ready = true;
  log.setAttribute("aria-busy", "false");
  resend();
}

/** EventSource comes back by itself, except after an HTTP error: then ask what is wrong, ever less often. */
function connectionLost() {
  if (ended) return;
  const tell = () => showBanner(navigator.onLine ? _("连接中断，正在重新连接…") : _("当前没有网络，恢复后会自动重新连接。"));
  if (!timers.banner) timers.banner = setTimeout(tell, PATIENCE_MS);
  if (stream.readyState !== EventSource.CLOSED) return;
  tries += 1;
  const wait = Math.min(30000, 1000 * 2 ** tries) * (0.5 + Math.random() / 2);
  clearTimeout(timers.reopen);
  timers.reopen = setTimeout(async () => {
    const abort = new AbortController();
    const response = await fetch(`${base}/events?after=${lastSeq}`, { signal: abort.signal }).catch(() => null);
    abort.abort();
    if (response && response.status === 401) endSession(_("会话已失效，请重新载入页面。"));
    else if (response && response.ok) connect();
    else connectionLost();
  }, wait);
}

// ---- writing

function startReply(id) {
  replyTo = id;
  strip.querySelector("span").textContent = firstLine(shown.get(id).text);
  strip.hidden = false;
  input.focus();
}

function cancelReply() {
  replyTo = null;
  strip.hidden = true;
  input.focus();
}

/** Grows the box with its text; near the limit counts, beyond it says so. @returns {boolean} fits */
function measure() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + input.offsetHeight - input.clientHeight}px`;
  const count = lengthOf(input.value.trim());
  const fits = count <= maxLength;
  counter.hidden = count < maxLength * 0.9;
  counter.textContent = `${count} / ${maxLength}`;
  input.setAttribute("aria-invalid", String(!fits));
  if (fits) refusal.textContent = "";
  return fits;
}

/** Keeps what is being written over a reload, for as long as the tab lives. */
function keepDraft() {
  unsent.hidden = true;
  try {
    if (input.value.trim()) sessionStorage.setItem(draftKey, input.value);
    else sessionStorage.removeItem(draftKey);
  } catch {
    // storage may be forbidden inside a frame; the draft then lives as long as the page
  }
}

function restoreDraft() {
  try {
    input.value = sessionStorage.getItem(draftKey) || "";
  } catch {
    return;
  }
  unsent.hidden = !input.value;
  measure();
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  input.focus();
  if (!text || ended) return;
  if (!measure()) {
    const sentence = _("每条消息最多 {max} 个字，现在是 {count} 个字。请删减，或分成几条发送。");
    refusal.textContent = sentence.replace("{max}", maxLength).replace("{count}", lengthOf(text));
    return;
  }
  write(text, replyTo);
  input.value = "";
  measure();
  keepDraft();
  if (replyTo !== null) cancelReply();
});
input.addEventListener("input", () => {
  measure();
  keepDraft();
});
input.addEventListener("keydown", (event) => {
  // 229 is what some browsers report for the Enter that only ends the choice of a character
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  composer.requestSubmit();
});
for (const button of composer.querySelectorAll(".shortcuts button")) {
  button.addEventListener("click", () => write(button.textContent));
}
strip.querySelector("button").addEventListener("click", cancelReply);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && replyTo !== null) cancelReply();
});

scroller.addEventListener("scroll", () => {
  stuckToBottom = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48;
  if (stuckToBottom) fresh.hidden = true;
});
fresh.addEventListener("click", scrollDown);
new ResizeObserver(() => stuckToBottom && scrollDown()).observe(scroller);
banner.lastElementChild.addEventListener("click", () => location.reload());

window.addEventListener("online", connect);
window.addEventListener("offline", () => !ended && showBanner(_("当前没有网络，恢复后会自动重新连接。")));
window.addEventListener("pageshow", (event) => event.persisted && connect());
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    hiddenSince = Date.now();
    return;
  }
  unread = 0;
  document.title = pageTitle;
  if (Date.now() - hiddenSince > SLEEP_MS) connect();
});

controls.disabled = false;
restore();
restoreDraft();
connect();
if (matchMedia("(hover: hover)").matches && window.top === window.self) input.focus({ preventScroll: true });
