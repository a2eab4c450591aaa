// Logging in, and choosing a password after a one-time one.

import { post, put } from "./api.js";
import { h, replace } from "./dom.js";
import { t } from "./words.js";

function card(main, title, why, fields, submit, send) {
  const problem = h("p", { class: "problem", role: "alert" });
  const button = h("button", { type: "submit", class: "primary" }, submit);
  const form = h("form", { class: "card" }, h("h1", {}, t("app.name"), h("small", {}, t("app.subtitle"))), h("h2", {}, title), why && h("p", { class: "muted" }, why), fields, problem, button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = await send(form.elements);
    button.disabled = false;
  });
  replace(main, form);
  form.querySelector("input").focus();
}

function field(name, label, kind, complete) {
  return h("label", {}, label, h("input", { name, type: kind, autocomplete: complete, required: true, maxlength: 256 }));
}

/** `done(me)` is called with who has logged in; `message` is what to say at first. */
export function loginPage(main, done, message = "") {
  const fields = [
    field("username", t("login.username"), "text", "username"),
    field("password", t("login.password"), "password", "current-password"),
  ];
  card(main, t("login.title"), message, fields, t("login.submit"), async ({ username, password }) => {
    try {
      done(await post("/api/session", { username: username.value.trim(), password: password.value }));
      return "";
    } catch (problem) {
      if (problem.status === 401) return t("login.wrong");
      return problem.status === 429 ? t("login.too_often", { seconds: problem.body.wait }) : t("login.unreachable");
    }
  });
}

export function passwordPage(main, done) {
  const fields = [
    field("current", t("password.current"), "password", "current-password"),
    field("new", t("password.new"), "password", "new-password"),
  ];
  card(main, t("password.title"), t("password.why"), fields, t("password.submit"), async (elements) => {
    try {
      done(await put("/api/password", { current: elements.current.value, new: elements.new.value }));
      return "";
    } catch (problem) {
      if (problem.status === 429) return t("login.too_often", { seconds: problem.body.wait });
      return problem.status === 422 ? t("password.refused") : t("login.unreachable");
    }
  });
}
