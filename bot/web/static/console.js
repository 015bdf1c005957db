// Comfort for who keeps the entries: the preview follows what is typed. Every page works without it.

const PAUSE = 500; // milliseconds without a stroke before the preview is asked for

const form = document.querySelector("form[data-preview]");
if (form) follow(form, document.querySelector("#preview"));

/** @param {HTMLFormElement} form @param {HTMLElement} preview */
function follow(form, preview) {
  let waiting = 0;
  let latest = 0;
  form.querySelector("[data-by-hand]").hidden = true;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const turn = ++latest;
      const seen = await look(form);
      if (seen && turn === latest) put(form, preview, seen);
    }, PAUSE);
  });
}

/** What the server makes of the form: the words as in chat, and what is wrong; null where it cannot be asked. */
async function look(form) {
  try {
    const answer = await fetch(form.dataset.preview, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function put(form, preview, { html, findings }) {
  preview.innerHTML = html; // the server's own, escaped there
  for (const list of form.querySelectorAll(".findings")) {
    const sentences = findings[list.dataset.field] || [];
    list.replaceChildren(
      ...sentences.map((sentence) => Object.assign(document.createElement("li"), { textContent: sentence })),
    );
    const field = form.elements[list.dataset.field];
    if (field) field.setAttribute("aria-invalid", String(sentences.length > 0));
  }
}
