// Where the beds stand on the wall: all of them, none upon another, within the room, as large as that allows.
import { describe, expect, it } from "vitest";
import { plan, type County } from "../src/wall/layout";

let id = 0;
const city = (counties: number, streets: number, communities: number, beds: (n: number) => number): County[] => {
  return Array.from({ length: counties }, () => ({
    id: (id += 1),
    name: `county ${id}`,
    streets: Array.from({ length: streets }, () => ({
      id: (id += 1),
      name: `street ${id}`,
      communities: Array.from({ length: communities }, () => ({ id: (id += 1), beds: beds(id) })),
    })),
  }));
};
const room = (width: number, height: number) => ({ width, height, countyLabel: 40, streetLabel: 24 });
const places = (found: ReturnType<typeof plan>): [number, number][] =>
  [...found.cells.values()].flatMap((cells) =>
    Array.from({ length: cells.length / 2 }, (_, at): [number, number] => [cells[at * 2]!, cells[at * 2 + 1]!]),
  );

describe("the plan of the wall", () => {
  const whole = city(6, 9, 10, (n) => 30 + (n % 23));
  const beds = whole.flatMap((county) => county.streets.flatMap((street) => street.communities));

  it.each([
    [2900, 900],
    [1400, 900],
    [1200, 800],
  ])("has a cell for each bed within %i × %i, and none upon another", (width, height) => {
    const found = plan(whole, room(width, height));
    const all = places(found);
    expect(all.length).toBe(beds.reduce((sum, one) => sum + one.beds, 0));
    expect(found.height).toBeLessThanOrEqual(height + 0.01);
    expect(Math.min(...all.map(([x]) => x))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...all.map(([x]) => x)) + found.pitch).toBeLessThanOrEqual(width);
    expect(Math.max(...all.map(([, y]) => y)) + found.pitch).toBeLessThanOrEqual(found.height + 0.01);
    // In a line of cells of one pitch none stands nearer to its neighbour than that.
    const lines = new Map<number, number[]>();
    for (const [x, y] of all) lines.set(y, [...(lines.get(y) ?? []), x]);
    for (const line of lines.values()) {
      const sorted = line.sort((a, b) => a - b);
      const nearest = Math.min(Infinity, ...sorted.slice(1).map((x, at) => x - sorted[at]!));
      expect(nearest).toBeGreaterThan(found.pitch - 0.01);
    }
  });

  it("has larger cells where there is more room", () => {
    expect(plan(whole, room(2900, 900)).pitch).toBeGreaterThan(plan(whole, room(1400, 900)).pitch);
  });

  it("grows higher than its room on a phone rather than leave a bed out", () => {
    const found = plan(whole, room(360, 500));
    expect(places(found).length).toBe(beds.reduce((sum, one) => sum + one.beds, 0));
    expect(found.pitch).toBe(3);
    expect(found.height).toBeGreaterThan(500);
  });

  it("keeps every bed inside where counties differ much and a community is alone in its street", () => {
    const uneven = [...city(1, 1, 1, () => 1), ...city(1, 30, 12, () => 40)];
    const found = plan(uneven, room(1400, 900));
    expect(places(found).length).toBe(1 + 30 * 12 * 40);
    expect(Math.max(...places(found).map(([x]) => x)) + found.pitch).toBeLessThanOrEqual(1400);
  });

  it("is empty where there is nobody", () => {
    expect(plan([], room(1400, 900))).toMatchObject({ height: 0, counties: [], streets: [] });
  });
});
