// The page: who is here, what is shown, and the live link behind it.

import { get, remove } from "./api.js";
import { now, timeOf } from "./clock.js";
import { dayPage } from "./day.js";
import { byId, h, remember, replace, setText } from "./dom.js";
import { Link } from "./link.js";
import { platformIs, renderPlatform, startPlatform, stopPlatform } from "./platform.js";
import { queuePage } from "./queue.js";
import { residentsPage } from "./residents.js";
import { onSound, ringFor, soundIsOn, soundLinkLost, startShift, tick } from "./ring.js";
import { loginPage, passwordPage } from "./session.js";
import { onAlerts, put, replaceAll, unansweredHigh } from "./store.js";
import { LANGUAGES, language, loadWords, t, useLanguage, word } from "./words.js";

const SOUND_AFTER = 10_000; // a lost link is heard after so long
const root = document.documentElement;
const main = byId("main");
let me = null;
let link = null;
let leave = () => {};
let linkWasHeard = false;
let overMessage = "";

// Pages ---------------------------------------------------------------------------------------------------------------

function show() {
  leave();
  leave = () => {};
  renderTop();
  renderPlatform();
  const skip = document.querySelector(".skip");
  setText(skip, t("nav.skip"));
  skip.hidden = !me;
  if (!me) return loginPage(main, entered, overMessage);
  if (me.must_choose_password) return passwordPage(main, entered);
  const [path, query] = location.hash.replace(/^#/, "").split("?");
  leave = page(path || "/", new URLSearchParams(query ?? "")) ?? (() => {});
  title();
}

function page(path, query) {
  const resident = path.match(/^\/residents\/([\w-]+)$/);
  if (resident) return dayPage(main, resident[1], query);
  if (path === "/residents") return residentsPage(main, query);
  if (path === "/") return queuePage(main);
  replace(main, h("div", { class: "empty" }, h("p", {}, t("error.not_found")), h("a", { href: "#/" }, t("error.home"))));
  return null;
}

function entered(who) {
  me = who;
  overMessage = "";
  if (!me.must_choose_password) {
    startLink();
    startPlatform();
  }
  show();
}

function left(message = "") {
  link?.end();
  link = null;
  me = null;
  overMessage = message;
  ringFor([]);
  replaceAll([]);
  stopPlatform();
  byId("link-bar").hidden = true;
  root.dataset.link = "connecting";
  show();
}

async function logOut() {
  await remove("/api/session").catch(() => {});
  left();
}

// The top ----------------------------------------------------------------------------------------------------------------

function renderTop() {
  const top = byId("top");
  top.hidden = false;
  const working = me && !me.must_choose_password;
  const here = location.hash.startsWith("#/residents") ? "residents" : "alerts";
  const tab = (name, href) => h("a", { href, "aria-current": here === name ? "page" : null }, t(`nav.${name}`));
  replace(
    top,
    h("a", { class: "brand", href: "#/" }, h("img", { src: "/static/icon.svg", alt: "", width: 26, height: 26 }), h("b", {}, t("app.name"))),
    working && h("nav", { "aria-label": t("nav.main") }, tab("alerts", "#/"), tab("residents", "#/residents")),
    h("div", { class: "tools" }, working && sound(), h("time", { id: "clock" }), languageButton(), themeButton(), me && who()),
  );
  tickClock();
}

function sound() {
  if (soundIsOn())
    return h("button", { type: "button", class: "quiet sound", onclick: startShift, title: t("shift.test") }, "♪", h("span", { class: "words" }, t("shift.on")));
  return h(
    "span",
    { class: "sound blocked" },
    h("span", { class: "problem", title: t("shift.blocked_why") }, `✕ ${t("shift.blocked")}`),
    h("button", { type: "button", id: "start-shift", class: "primary", onclick: startShift, title: t("shift.why") }, t("shift.start")),
  );
}

function languageButton() {
  const other = LANGUAGES.find((one) => one !== language());
  const change = () => {
    useLanguage(other);
    show();
    tellLink();
  };
  const name = t("language.other");
  const looks = { type: "button", id: "language", class: "quiet", lang: other, "aria-label": name, onclick: change };
  // On a phone there is room for 中文 only.
  return h("button", looks, name.startsWith("简体") ? [h("span", { class: "words" }, "简体"), "中文"] : name);
}

function themeButton() {
  const other = root.dataset.theme === "dark" ? "light" : "dark";
  const change = () => {
    root.dataset.theme = other;
    remember("theme", other);
    renderTop();
  };
  return h("button", { type: "button", id: "theme", class: "quiet", title: t("theme.switch"), onclick: change }, "◐", h("span", { class: "words" }, t(`theme.${other}`)));
}

function who() {
  return h("button", { type: "button", id: "logout", class: "quiet", onclick: logOut, title: me.username }, t("session.logout"));
}

function tickClock() {
  const clock = byId("clock");
  if (clock) setText(clock, timeOf(now()));
}

// The live link ------------------------------------------------------------------------------------------------------------

let linkState = ["connecting", null];

function startLink() {
  link?.end();
  link = new Link({
    snapshot: replaceAll,
    change: put,
    beat: (health) => {
      platformIs(health);
      tick();
    },
    state: (name, asOf, silent) => {
      linkState = [name, asOf];
      tellLink();
      if (name !== "lost") linkWasHeard = false;
      else if (silent > SOUND_AFTER && !linkWasHeard) {
        linkWasHeard = true;
        soundLinkLost();
      }
    },
    over: () => left(t("session.over")),
  });
}

function tellLink() {
  const [name, asOf] = linkState;
  const bar = byId("link-bar");
  const lost = me && link && name === "lost";
  if (root.dataset.link !== name) root.dataset.link = name;
  bar.hidden = !lost;
  if (lost) setText(bar, asOf ? `${t("link.lost")} · ${t("link.as_of", { time: timeOf(asOf) })}` : t("link.lost"));
}

function title() {
  const waiting = unansweredHigh();
  document.title = waiting.length ? `(${waiting.length}) ${word("rule", waiting[0].rule)} · ${t("app.name")}` : t("app.name");
}

onAlerts(({ kind, alert, isNew }) => {
  ringFor(unansweredHigh().map((one) => Date.parse(one.opened_at)));
  title();
  if (kind !== "snapshot" && isNew && alert.priority === "high") {
    const words = { priority: word("priority", alert.priority), what: word("rule", alert.rule), who: alert.resident_name ?? t("alert.nobody") };
    setText(byId("announcer"), t("queue.announce", words));
  }
});

onSound(() => me && renderTop());
setInterval(tickClock, 1000);
window.addEventListener("hashchange", show);

await loadWords();
me = await get("/api/session").catch(() => null);
if (me) entered(me);
else show();
