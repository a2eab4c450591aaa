// The dialog in which an alert is closed: an outcome is needed, a note is welcome, the keyboard will do.

import { post } from "./api.js";
import { h } from "./dom.js";
import { notice, refusal } from "./notices.js";
import { put } from "./store.js";
import { t, word } from "./words.js";

const OUTCOMES = [
  "helped", "ambulance", "family_took_over", "no_help_needed", "false_alarm", "drill", "cancelled_by_resident", "duplicate",
];

let dialog = null;

export const closingIsOpen = () => dialog !== null;

export function askHowItEnded(alert) {
  dialog?.close();
  const note = h("textarea", { id: "note", name: "note", rows: 3, maxlength: 2000 });
  const form = h(
    "form",
    {},
    h("h2", { id: "closing-title" }, t("close.title")),
    h("p", { class: "muted" }, `${word("rule", alert.rule)} · ${alert.resident_name ?? t("alert.nobody")}`),
    h("fieldset", {}, h("legend", {}, t("close.outcome")), OUTCOMES.map(choice)),
    h("label", { for: "note" }, t("close.note")),
    note,
    h("p", { class: "hint" }, t("close.hint")),
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, t("close.cancel")),
      h("button", { type: "submit", class: "primary" }, t("close.submit")),
    ),
  );
  dialog = h("dialog", { "aria-labelledby": "closing-title", class: "closing" }, form);
  form.addEventListener("submit", (event) => send(event, alert, form));
  form.addEventListener("keydown", (event) => byKey(event, form));
  dialog.addEventListener("close", () => {
    dialog.remove();
    dialog = null;
  });
  document.body.append(dialog);
  dialog.showModal();
  form.elements.outcome[0].focus();
}

function choice(outcome, index) {
  const input = h("input", { type: "radio", name: "outcome", value: outcome, required: true });
  return h("label", { class: "choice" }, input, h("kbd", {}, String(index + 1)), h("span", {}, word("outcome", outcome)));
}

function byKey(event, form) {
  // While an input method composes, its keys are its own.
  if (event.isComposing) return;
  const writing = event.target.name === "note";
  if (writing && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  const chosen = !writing && /^[1-8]$/.test(event.key) ? form.elements.outcome[Number(event.key) - 1] : null;
  if (!chosen) return;
  event.preventDefault();
  chosen.checked = true;
  chosen.focus();
}

async function send(event, alert, form) {
  event.preventDefault();
  const said = { outcome: form.elements.outcome.value, note: form.elements.note.value };
  const button = form.querySelector(".primary");
  button.disabled = true;
  try {
    put(await post(`/api/alerts/${alert.id}/close`, said), "close");
    dialog?.close();
  } catch (problem) {
    notice(refusal(problem));
    // Somebody else was first: there is nothing to do here. Else what was written stays, to try again.
    if (problem.status === 409 || problem.status === 404) dialog?.close();
    button.disabled = false;
  }
}
