// Where each bed stands on the wall. Every bed is a cell of the same size; a community is a block of columns, a street a
// strip of blocks, a county a box of strips. The cells are as large as everything still fits.

export interface Community {
  id: number;
  beds: number;
}
export interface Street {
  id: number;
  name: string;
  communities: readonly Community[];
}
export interface County {
  id: number;
  name: string;
  streets: readonly Street[];
}
export interface Label {
  id: number;
  name: string;
  x: number;
  y: number;
  width: number;
}
export interface Plan {
  /** From one cell to the next, in CSS pixels. */
  pitch: number;
  height: number;
  counties: readonly Label[];
  streets: readonly Label[];
  streetOf: ReadonlyMap<number, number>;
  /** x and y of each bed's cell, community by community. */
  cells: ReadonlyMap<number, Float32Array>;
}
export interface Room {
  width: number;
  height: number;
  countyLabel: number;
  streetLabel: number;
}

const GAP = 14;
const EDGE = 10; // what rings stands half beyond its cell
const LARGEST = 26;
const SMALLEST = 3;
const STEP = 0.25;
const MOST_SPREAD = 1.25;
const LEAST_SHARE = 0.06;

const bedsOf = (county: County): number =>
  county.streets.reduce((sum, street) => sum + street.communities.reduce((all, one) => all + one.beds, 0), 0);

/** The fewest rows in which these blocks, with a column between each two, fit into so many columns; null: in none. */
function rowsOf(communities: readonly Community[], columns: number): number | null {
  const most = Math.max(...communities.map((one) => one.beds));
  if (communities.length * 2 - 1 > columns) return null;
  const all = communities.reduce((sum, one) => sum + one.beds, 0);
  for (let rows = Math.max(1, Math.ceil(all / columns)); rows <= most; rows += 1) {
    const needed = communities.reduce((sum, one) => sum + Math.ceil(one.beds / rows), communities.length - 1);
    if (needed <= columns) return rows;
  }
  return most;
}

interface Strip {
  street: Street;
  communities: readonly Community[];
  rows: number;
}

/** A street's communities in as many strips as they need at this width. */
function stripsOf(street: Street, columns: number): Strip[] {
  const rows = rowsOf(street.communities, columns);
  if (rows !== null) return [{ street, communities: street.communities, rows }];
  if (street.communities.length < 2) return [{ street, communities: street.communities, rows: 1 }];
  const half = Math.ceil(street.communities.length / 2);
  return [street.communities.slice(0, half), street.communities.slice(half)].flatMap((communities) =>
    stripsOf({ ...street, communities }, columns),
  );
}

/** The counties in so many rows, in their order, each row with about as many beds. */
function inRows(counties: readonly County[], rows: number): County[][] {
  const whole = counties.reduce((sum, county) => sum + bedsOf(county), 0);
  const found: County[][] = Array.from({ length: rows }, () => []);
  let before = 0;
  for (const county of counties) {
    const middle = before + bedsOf(county) / 2;
    found[Math.min(rows - 1, Math.floor((middle / whole) * rows))]!.push(county);
    before += bedsOf(county);
  }
  return found.filter((row) => row.length);
}

/** A county is as wide as its share of the beds, but never so narrow that its name is lost. */
function widthsOf(row: readonly County[], room: Room): number[] {
  const whole = row.reduce((sum, county) => sum + bedsOf(county), 0);
  const weights = row.map((county) => Math.max(bedsOf(county), whole * LEAST_SHARE));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const wide = room.width - EDGE * 2 - GAP * (row.length - 1);
  return weights.map((weight) => (wide * weight) / all);
}

function planned(rows: readonly County[][], room: Room, pitch: number): Plan {
  const counties: Label[] = [];
  const streets: Label[] = [];
  const cells = new Map<number, Float32Array>();
  const streetOf = new Map<number, number>();
  let top = 0;
  for (const row of rows) {
    const widths = widthsOf(row, room);
    let left = EDGE;
    let lowest = top;
    for (const [place, county] of row.entries()) {
      const width = widths[place]!;
      counties.push({ id: county.id, name: county.name, x: left, y: top, width });
      let y = top + room.countyLabel;
      const columns = Math.max(1, Math.floor(width / pitch));
      for (const street of county.streets) {
        streets.push({ id: street.id, name: street.name, x: left, y, width });
        y += room.streetLabel;
        for (const { communities, rows: high } of stripsOf(street, columns)) {
          let column = 0;
          for (const one of communities) {
            const places = new Float32Array(one.beds * 2);
            for (let bed = 0; bed < one.beds; bed += 1) {
              places[bed * 2] = left + (column + Math.floor(bed / high)) * pitch;
              places[bed * 2 + 1] = y + (bed % high) * pitch;
            }
            cells.set(one.id, places);
            streetOf.set(one.id, street.id);
            column += Math.ceil(one.beds / high) + 1;
          }
          y += high * pitch + pitch;
        }
      }
      lowest = Math.max(lowest, y);
      left += width + GAP;
    }
    top = lowest + GAP;
  }
  return { pitch, height: Math.max(0, top - GAP), counties, streets, streetOf, cells };
}

/** What is left of the height goes between the streets, where it is little. */
function spread(found: Plan, room: Room): Plan {
  const spare = Math.min(MOST_SPREAD, room.height / found.height);
  if (spare <= 1 || found.counties.length === 0) return found;
  const lines = new Map<number, number>(); // each street's line and what stands in it move together
  const moved = (label: Label): Label => ({ ...label, y: label.y * spare });
  const streets = found.streets.map((label) => {
    lines.set(label.id, label.y * (spare - 1));
    return moved(label);
  });
  const cells = new Map<number, Float32Array>();
  for (const [community, places] of found.cells) {
    const by = lines.get(found.streetOf.get(community) ?? -1) ?? 0;
    cells.set(
      community,
      places.map((value, at) => (at % 2 ? value + by : value)),
    );
  }
  return { ...found, height: found.height * spare, counties: found.counties.map(moved), streets, cells };
}

/** How high the wall is with cells of this size: the same sums as in `planned`, without placing anything. */
function heightOf(rows: readonly County[][], room: Room, pitch: number): number {
  return rows.reduce((top, row) => {
    const widths = widthsOf(row, room);
    const heights = row.map((county, place) => {
      const columns = Math.max(1, Math.floor(widths[place]! / pitch));
      return county.streets.reduce(
        (high, street) =>
          stripsOf(street, columns).reduce((sum, strip) => sum + (strip.rows + 1) * pitch, high + room.streetLabel),
        room.countyLabel,
      );
    });
    return top + Math.max(...heights) + GAP;
  }, -GAP);
}

/** The plan with the largest cells that fit; where none do, the smallest cells, and the wall is higher than its room. */
export function plan(counties: readonly County[], room: Room): Plan {
  let best = { rows: inRows(counties, 1), pitch: 0, height: Infinity };
  for (let count = 1; count <= counties.length; count += 1) {
    const rows = inRows(counties, count);
    for (let pitch = LARGEST; pitch >= SMALLEST && pitch > best.pitch; pitch -= STEP) {
      const height = heightOf(rows, room, pitch);
      if (height > room.height) continue;
      best = { rows, pitch, height };
      break;
    }
  }
  if (best.pitch) return spread(planned(best.rows, room, best.pitch), room);
  // None fits: the arrangement that is least high.
  for (let count = 1; count <= counties.length; count += 1) {
    const rows = inRows(counties, count);
    const height = heightOf(rows, room, SMALLEST);
    if (height < best.height) best = { rows, pitch: 0, height };
  }
  return planned(best.rows, room, SMALLEST);
}
