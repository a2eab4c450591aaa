// The live link: it counts what it has got, so that it can ask for exactly what it missed.

import { get, statusOf } from "./api/client";
import type { AlertView } from "./api/types";
import { setClock } from "./clock";

const LOST_AFTER = 5000;
const DEAD_AFTER = 9000; // no beat for so long: the connection is half open, start anew
const SLOWEST = 5000;
const SESSION_OVER = 4401;

export type LinkState = "connecting" | "live" | "lost";

/** What a page does when the link says something. */
export interface Hearing {
  snapshot(alerts: AlertView[]): void;
  change(alert: AlertView): void;
  beat(health: string): void;
  state(name: LinkState, asOf: string | null, silent: number): void;
  over(): void;
}

interface Message {
  type: "snapshot" | "change" | "beat";
  at: string;
  number?: number;
  alerts?: AlertView[];
  alert?: AlertView;
  health?: string;
}

export class Link {
  private number: number | null = null;
  private asOf: string | null = null;
  private heardAt = performance.now();
  private startedAt = performance.now();
  private failures = 0;
  private ended = false;
  private socket: WebSocket | null = null;
  private retry = 0;
  private readonly watching: number;
  private readonly again = (): void => this.tryAgain();
  private readonly look = (): void => this.watch();

  constructor(private readonly on: Hearing) {
    this.watching = window.setInterval(this.look, 500);
    window.addEventListener("online", this.again);
    document.addEventListener("visibilitychange", this.look);
    this.open();
  }

  private open(): void {
    if (this.ended) return;
    this.startedAt = performance.now();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const since = this.number === null ? "" : `?since=${this.number}`;
    const socket = new WebSocket(`${scheme}//${location.host}/api/live${since}`);
    this.socket = socket;
    socket.onmessage = (message) => {
      if (socket === this.socket) this.hear(JSON.parse(String(message.data)) as Message);
    };
    socket.onclose = (closing) => {
      if (socket === this.socket) void this.closed(closing.code);
    };
  }

  private hear(message: Message): void {
    this.heardAt = performance.now();
    this.failures = 0;
    this.asOf = message.at;
    if (message.number !== undefined) this.number = message.number;
    if (message.type === "snapshot") this.on.snapshot(message.alerts ?? []);
    if (message.type === "change" && message.alert) this.on.change(message.alert);
    if (message.type === "beat") {
      setClock(message.at);
      this.on.beat(message.health ?? "unknown");
    }
    this.tell();
  }

  private async closed(code: number): Promise<void> {
    this.socket = null;
    if (code === SESSION_OVER) return this.over();
    // Refused before it opened? Then perhaps because the session is over.
    const gone = await get("/api/session").then(
      () => false,
      (problem: unknown) => statusOf(problem) === 401,
    );
    if (gone) return this.over();
    this.failures += 1;
    const delay = Math.min(SLOWEST, 250 * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.retry = window.setTimeout(() => this.open(), delay);
  }

  private over(): void {
    if (this.ended) return;
    this.end();
    this.on.over();
  }

  private tryAgain(): void {
    clearTimeout(this.retry);
    if (!this.socket) this.open();
  }

  private watch(): void {
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

  private tell(): void {
    const silent = performance.now() - this.heardAt;
    this.on.state(silent > LOST_AFTER ? "lost" : this.asOf ? "live" : "connecting", this.asOf, silent);
  }

  end(): void {
    this.ended = true;
    clearInterval(this.watching);
    clearTimeout(this.retry);
    window.removeEventListener("online", this.again);
    document.removeEventListener("visibilitychange", this.look);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
