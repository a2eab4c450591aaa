// The live link: it counts what it has got, so that it can ask for exactly what it missed.

import { get } from "./api.js";
import { setClock } from "./clock.js";

const LOST_AFTER = 5000;
const DEAD_AFTER = 9000; // no beat for so long: the connection is half open, start anew
const SLOWEST = 5000;

export class Link {
  /** `on` hears snapshot(alerts), change(alert, kind), beat(health), state(name, asOf) and over(). */
  constructor(on) {
    this.on = on;
    this.number = null;
    this.asOf = null;
    this.heardAt = performance.now();
    this.startedAt = performance.now();
    this.failures = 0;
    this.ended = false;
    this.watching = setInterval(() => this.watch(), 500);
    window.addEventListener("online", () => this.again());
    document.addEventListener("visibilitychange", () => this.watch());
    this.open();
  }

  open() {
    if (this.ended) return;
    this.startedAt = performance.now();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const since = this.number === null ? "" : `?since=${this.number}`;
    const socket = new WebSocket(`${scheme}//${location.host}/api/live${since}`);
    this.socket = socket;
    socket.onmessage = (message) => socket === this.socket && this.hear(JSON.parse(message.data));
    socket.onclose = (closing) => socket === this.socket && this.closed(closing.code);
  }

  hear(message) {
    this.heardAt = performance.now();
    this.failures = 0;
    this.asOf = message.at;
    if (message.type === "beat") setClock(message.at);
    if (message.number !== undefined) this.number = message.number;
    if (message.type === "snapshot") this.on.snapshot(message.alerts);
    if (message.type === "change") this.on.change(message.alert, message.kind);
    if (message.type === "beat") this.on.beat(message.health);
    this.tell();
  }

  async closed(code) {
    this.socket = null;
    if (code === 4401) return this.over();
    // Refused before it opened? Then perhaps because the session is over.
    const gone = await get("/api/session").then(() => false, (problem) => problem.status === 401);
    if (gone) return this.over();
    this.failures += 1;
    const delay = Math.min(SLOWEST, 250 * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.retry = setTimeout(() => this.open(), delay);
  }

  over() {
    if (this.ended) return;
    this.end();
    this.on.over();
  }

  again() {
    clearTimeout(this.retry);
    if (!this.socket) this.open();
  }

  watch() {
    if (this.ended) return;
    const silent = performance.now() - Math.max(this.heardAt, this.startedAt);
    if (this.socket && silent > DEAD_AFTER) {
      const half = this.socket;
      this.socket = null;
      half.close();
      this.open();
    }
    this.tell();
  }

  tell() {
    const silent = performance.now() - this.heardAt;
    this.on.state(silent > LOST_AFTER ? "lost" : this.asOf ? "live" : "connecting", this.asOf, silent);
  }

  end() {
    this.ended = true;
    clearInterval(this.watching);
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
