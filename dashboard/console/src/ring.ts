// Ringing for unanswered high alerts. Browsers let a page sound only after somebody has pressed something on it.

import { shallowRef } from "vue";
import { now } from "./clock";

const root = document.documentElement;
let context: AudioContext | null = null;
let waiting: readonly number[] = []; // when each unanswered high alert was raised
let nextBurst = 0;
let sounding: OscillatorNode[] = [];

const running = (): boolean => context?.state === "running";

/** Whether this page can be heard. */
export const soundIsOn = shallowRef(false);

/** Unlock the sound and let it be heard: call it from a click. */
export async function startShift(): Promise<void> {
  if (!context) {
    context = new AudioContext();
    context.onstatechange = show;
  }
  await context.resume();
  show();
  if (!waiting.length) pulses([0, 0.22], 660);
  tick();
}

/** The times at which the unanswered high alerts were raised; none: silence. */
export function ringFor(times: readonly number[]): void {
  const more = times.length > waiting.length;
  waiting = times;
  if (!waiting.length) hush();
  if (more) nextBurst = 0;
  show();
  tick();
}

/** Ring when it is time. Called by a timer and by every message: browsers slow the timers of pages in the background. */
export function tick(): void {
  if (!waiting.length || !running() || performance.now() < nextBurst) return;
  const longest = now() - Math.min(...waiting);
  nextBurst = performance.now() + (longest > 180_000 ? 2500 : longest > 60_000 ? 3500 : 5000);
  pulses([0, 0.2, 0.4, 0.75, 0.95], 880); // three and two: the high-priority rhythm of IEC 60601-1-8
}

/** One low sound: the link is lost. */
export function soundLinkLost(): void {
  if (running()) pulses([0, 0.5], 294);
}

/** Two soft notes, once: somebody is asked to decide. */
export function soundAsked(): void {
  if (running()) pulses([0, 0.3], 523);
  root.dataset.asked = String(Number(root.dataset.asked ?? 0) + 1);
}

function show(): void {
  soundIsOn.value = running();
  root.dataset.sound = running() ? "on" : "off";
  root.dataset.ringing = waiting.length ? (running() ? "yes" : "blocked") : "no";
}

function pulses(starts: readonly number[], frequency: number): void {
  if (!context) return;
  for (const start of starts) pulse(context, context.currentTime + 0.02 + start, frequency);
}

function pulse(context: AudioContext, at: number, frequency: number): void {
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.35, at + 0.02);
  gain.gain.setValueAtTime(0.35, at + 0.12);
  gain.gain.linearRampToValueAtTime(0, at + 0.15);
  gain.connect(context.destination);
  for (const harmonic of [1, 2, 3]) {
    const tone = new OscillatorNode(context, { type: "sine", frequency: frequency * harmonic });
    tone.connect(new GainNode(context, { gain: 0.6 / harmonic })).connect(gain);
    tone.start(at);
    tone.stop(at + 0.16);
    tone.onended = () => (sounding = sounding.filter((one) => one !== tone));
    sounding.push(tone);
  }
}

function hush(): void {
  for (const tone of sounding) tone.stop();
  sounding = [];
  nextBurst = 0;
}

setInterval(tick, 250);
