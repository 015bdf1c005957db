// What one message looks like: its text, links, buttons, quote, time and place in the log.

export const page = document.body.dataset;
const translations = JSON.parse(page.words);
/** The sentence in the page's language: the Chinese one is its own name in the house's catalogue. */
export const _ = (sentence) => translations[sentence] || sentence;
const forOfficer = page.audience === "officer";
const language = document.documentElement.lang;
const log = document.querySelector("#log");

/**
 * @typedef {{text: string, data?: string, url?: string}} Button
 * @typedef {{id?: number, seq?: number, from?: "bot"|"me", text: string, at: string, buttons?: Array<Array<Button>>,
 *   reply_to: number|null, client_id: string|null}} Message  as the server tells it; what I just wrote has no id yet
 * @typedef {{reply: (id: number) => void, press: (key: HTMLElement, id: number, data: string) => void,
 *   find: (id: number) => {node: HTMLElement, text: string}|undefined}} Acts  what a message's buttons do
 */

/** @returns {HTMLElement} */
export function make(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text) node.textContent = text;
  if (tag === "button") node.type = "button";
  return node;
}

const clock = (options) => new Intl.DateTimeFormat(language, { timeZone: "Asia/Shanghai", ...options });
const timeOfDay = clock({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const wholeDay = clock({ year: "numeric", month: "long", day: "numeric", weekday: "long" });
export const firstLine = (text) => text.trim().split("\n", 1)[0].slice(0, 80);

/** The address if it is http(s), else null: `javascript:` and the like never become links. */
function safeAddress(raw) {
  try {
    const url = new URL(raw, location.href);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

function makeLink(address, text, className = "") {
  const link = make("a", className, text);
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

/** Appends text with its addresses made links. Addresses are ASCII, so Chinese words may follow at once. */
function appendLinked(parent, text) {
  let end = 0;
  for (const match of text.matchAll(/https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi)) {
    let raw = match[0].replace(/[.,;:!?']+$/, "");
    if (raw.endsWith(")") && !raw.includes("(")) raw = raw.slice(0, -1);
    const address = safeAddress(raw);
    if (!address) continue;
    parent.append(text.slice(end, match.index), makeLink(address, raw));
    end = match.index + raw.length;
  }
  parent.append(text.slice(end));
}

/** 「状态：」 or "Status: " at the start of a line is a label. */
const LABEL = /^(?:[^\s：]{1,8}：|[A-Z][A-Za-z ]{1,24}: )/;
/** An officer's card: a headline, and a label at once under it; it stays one when its buttons have gone. */
const isCard = (text) => LABEL.test(text.split("\n", 2)[1] || "");

function appendCard(parent, text) {
  const [headline, ...lines] = text.split("\n");
  parent.append(make("strong", "headline", headline));
  for (const line of lines) {
    const label = (LABEL.exec(line) || [""])[0];
    parent.append("\n");
    if (label) parent.append(make("span", "label", label));
    appendLinked(parent, line.slice(label.length));
  }
}

/**
 * Fills an article. The focus stays on the button of the same name when a message is drawn anew.
 * @param {HTMLElement} node @param {Message} message @param {Acts} acts
 */
export function draw(node, message, acts) {
  const mine = message.from !== "bot";
  const focused = node.contains(document.activeElement) ? document.activeElement.textContent : null;
  const card = forOfficer && !mine && isCard(message.text);
  node.className = `message ${mine ? "mine" : "theirs"}${card ? " card" : ""}`;
  node.tabIndex = -1;
  node.dataset.day = wholeDay.format(new Date(message.at));
  const bubble = make("div", "bubble");
  bubble.append(make("span", "unseen", mine ? _("我：") : _("税桥：")));
  if (message.reply_to) bubble.append(makeQuote(message.reply_to, acts));
  const body = make("div", "text");
  body.dir = "auto"; // Uyghur and Kazakh in Arabic letters run from right to left
  if (card) appendCard(body, message.text);
  else appendLinked(body, message.text);
  bubble.append(body);
  if (message.buttons && message.buttons.length) bubble.append(makeKeyboard(message, acts));
  node.replaceChildren(make("p", "day"), bubble, makeFoot(message, mine, acts));
  for (const quote of log.querySelectorAll(`[data-quotes="${message.id}"]`)) {
    quote.textContent = firstLine(message.text);
  }
  if (focused !== null) {
    const heir = [...node.querySelectorAll("button, a")].find((candidate) => candidate.textContent === focused);
    (heir || node).focus({ preventScroll: true });
  }
}

function makeQuote(id, acts) {
  const original = acts.find(id);
  const quote = make("button", "quote", original ? firstLine(original.text) : _("较早的一条消息"));
  quote.dataset.quotes = String(id);
  quote.addEventListener("click", () => {
    const target = acts.find(id);
    if (!target) return;
    target.node.scrollIntoView({ block: "center" });
    target.node.focus({ preventScroll: true });
  });
  return quote;
}

function makeFoot(message, mine, acts) {
  const foot = make("footer", "foot");
  foot.setAttribute("aria-live", "off");
  const time = make("time", "", timeOfDay.format(new Date(message.at)));
  time.dateTime = message.at;
  time.title = `${wholeDay.format(new Date(message.at))} ${time.textContent} ${_("北京时间")}`;
  foot.append(time, make("span", "state", mine && message.id ? _("已送达") : ""));
  if (!mine && forOfficer) {
    const reply = make("button", "reply", _("回复"));
    reply.addEventListener("click", () => acts.reply(message.id));
    foot.append(reply);
  }
  return foot;
}

function makeKeyboard(message, acts) {
  const keyboard = make("div", "keyboard");
  for (const row of message.buttons) {
    const line = make("div", "keys");
    for (const { text, data, url } of row) {
      const address = url ? safeAddress(url) : null;
      if (url && !address) continue;
      const key = address ? makeLink(address, text, "key") : make("button", "key", text);
      if (!address) key.addEventListener("click", () => acts.press(key, message.id, data));
      line.append(key);
    }
    keyboard.append(line);
  }
  return keyboard;
}

/** Puts the article where its id belongs (an edited message comes late); letters stay below everything. */
export function place(node, id) {
  let before = log.lastElementChild;
  const below = (other) => other === node || Number(other.dataset.id || Infinity) > id;
  while (before && below(before)) before = before.previousElementSibling;
  const next = before ? before.nextElementSibling : log.firstElementChild;
  if (next !== node) log.insertBefore(node, next);
  for (const changed of [node, node.nextElementSibling]) {
    if (!changed) continue;
    const above = changed.previousElementSibling;
    const sameDay = Boolean(above) && above.dataset.day === changed.dataset.day;
    changed.firstElementChild.hidden = sameDay;
    changed.firstElementChild.textContent = sameDay ? "" : `${changed.dataset.day} · ${_("北京时间")}`;
  }
}
