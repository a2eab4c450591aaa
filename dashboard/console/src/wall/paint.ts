// How the beds are painted: grey while all is normal, by shape; what rings stands above them, by shape and colour.

export type BedState = "a" | "d" | "b" | "u" | "x";
export interface Mark {
  priority: "high" | "medium" | "low";
  /** Somebody has it, or it has been put away: drawn as an outline. */
  inHand: boolean;
}
export interface Colours {
  ground: string;
  armed: string;
  ink: string;
  muted: string;
  high: string;
  medium: string;
  low: string;
}

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: of("ground"),
    armed: of("hatch"),
    ink: of("ink"),
    muted: of("muted"),
    high: of("high"),
    medium: of("medium"),
    low: of("low"),
  };
}

/** One bed in the grey of its state; the cell is cleared before. */
export function paintBed(
  to: CanvasRenderingContext2D,
  x: number,
  y: number,
  pitch: number,
  state: BedState,
  is: Colours,
): void {
  const size = Math.max(2, Math.round(pitch * 0.74));
  to.clearRect(x, y, pitch, pitch);
  if (state === "a") {
    to.fillStyle = is.armed;
    to.fillRect(x, y, size, size);
  } else if (state === "d") {
    to.fillStyle = is.armed;
    to.fillRect(x, y + size / 2, size, size / 2);
    to.strokeStyle = is.muted;
    to.lineWidth = 1;
    to.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
  } else if (state === "b") {
    to.strokeStyle = is.ink;
    to.lineWidth = Math.max(1, pitch / 8);
    to.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    to.beginPath();
    to.moveTo(x + 1, y + size - 1);
    to.lineTo(x + size - 1, y + 1);
    to.stroke();
  } else if (state === "x") {
    to.fillStyle = is.muted;
    to.fillRect(x, y + size * 0.4, size, Math.max(1, size * 0.2));
  } else {
    const dot = Math.max(1, Math.round(size / 3));
    to.fillStyle = is.armed;
    to.fillRect(x + (size - dot) / 2, y + (size - dot) / 2, dot, dot);
  }
}

const LARGEST = 34;
const LEAST: Record<Mark["priority"], number> = { high: 20, medium: 16, low: 7 };
const TIMES: Record<Mark["priority"], number> = { high: 2.6, medium: 2.1, low: 0.7 };

/** What rings in a bed, over it: ▲ high, ◆ medium, ● low. */
export function paintMark(
  to: CanvasRenderingContext2D,
  x: number,
  y: number,
  pitch: number,
  mark: Mark,
  is: Colours,
): void {
  const half = Math.min(LARGEST, Math.max(LEAST[mark.priority], pitch * TIMES[mark.priority])) / 2;
  const cx = x + pitch * 0.37;
  const cy = y + pitch * 0.37;
  to.beginPath();
  if (mark.priority === "high") {
    to.moveTo(cx, cy - half);
    to.lineTo(cx + half, cy + half * 0.8);
    to.lineTo(cx - half, cy + half * 0.8);
    to.closePath();
  } else if (mark.priority === "medium") {
    to.moveTo(cx, cy - half);
    to.lineTo(cx + half, cy);
    to.lineTo(cx, cy + half);
    to.lineTo(cx - half, cy);
    to.closePath();
  } else {
    to.arc(cx, cy, half, 0, Math.PI * 2);
  }
  to.lineWidth = 2;
  to.fillStyle = mark.inHand ? is.ground : is[mark.priority];
  to.strokeStyle = mark.inHand ? is[mark.priority] : is.ground;
  to.fill();
  to.stroke();
}
