// The beds that the wall shows: fetched once, their states every half minute, and by resident, so that an alert finds its bed.
import { onScopeDispose, shallowRef, type ShallowRef } from "vue";
import { get, statusOf } from "../api/client";
import type { Wall } from "../api/types";
import type { County, Street } from "./layout";
import type { BedState } from "./paint";

const STATES_EVERY = 30_000;
const WHOLE_EVERY = 20; // times: who has which bed changes seldom

export interface Bed {
  community: number;
  index: number;
  number: string;
  resident: string;
}
export interface Beds {
  counties: readonly County[];
  /** The name of a community with the areas above it. */
  placeOf: ReadonlyMap<number, readonly string[]>;
  byResident: ReadonlyMap<string, Bed>;
  byCommunity: ReadonlyMap<number, readonly Bed[]>;
}
export interface Shown {
  beds: Readonly<ShallowRef<Beds | null>>;
  states: Readonly<ShallowRef<ReadonlyMap<number, string>>>;
  trouble: Readonly<ShallowRef<number | null>>;
  again: () => Promise<void>;
}

export const stateOf = (states: ReadonlyMap<number, string>, community: number, index: number): BedState =>
  (states.get(community)?.[index] ?? "u") as BedState;

export function treeOf(wall: Wall): Beds {
  const areas = new Map(wall.areas.map((area) => [area.id, area]));
  const above = (id: number): (typeof wall.areas)[number][] => {
    const area = areas.get(id);
    return area ? [...(area.parent_id === null ? [] : above(area.parent_id)), area] : [];
  };
  const counties = new Map<
    number,
    { id: number; name: string; streets: Map<number, Street & { communities: { id: number; beds: number }[] }> }
  >();
  const placeOf = new Map<number, string[]>();
  const byResident = new Map<string, Bed>();
  const byCommunity = new Map<number, Bed[]>();
  for (const { area_id: community, residents, numbers } of wall.communities) {
    const way = above(community);
    placeOf.set(
      community,
      way.filter((area) => area.level !== "city").map((area) => area.name),
    );
    // Somebody may live right below a county, or the whole wall be one street's: the nearest stands for what is missing.
    const own = way.at(-1) ?? { id: community, name: "" };
    const county = way.find((area) => area.level === "county") ?? way[0] ?? own;
    const street = way.find((area) => area.level === "street") ?? own;
    const box = counties.get(county.id) ?? { id: county.id, name: county.name, streets: new Map() };
    counties.set(county.id, box);
    const strip = box.streets.get(street.id) ?? { id: street.id, name: street.name, communities: [] };
    box.streets.set(street.id, strip);
    strip.communities.push({ id: community, beds: residents.length });
    const beds = residents.map((resident, index) => ({ community, index, resident, number: numbers[index] ?? "" }));
    byCommunity.set(community, beds);
    for (const bed of beds) byResident.set(bed.resident, bed);
  }
  const found = [...counties.values()].map((box) => ({ ...box, streets: [...box.streets.values()] }));
  return { counties: found, placeOf, byResident, byCommunity };
}

export function showing(): Shown {
  const beds = shallowRef<Beds | null>(null);
  const states = shallowRef<ReadonlyMap<number, string>>(new Map());
  const trouble = shallowRef<number | null>(null);
  const running = new AbortController();
  let timer = 0;
  let asked = 0;

  const again = async (): Promise<void> => {
    clearTimeout(timer);
    try {
      if (beds.value === null || asked % WHOLE_EVERY === 0) {
        const wall = await get("/api/wall", { signal: running.signal });
        beds.value = treeOf(wall);
        states.value = new Map(wall.communities.map((one) => [one.area_id, one.states]));
      } else {
        const answer = await get("/api/wall/states", { signal: running.signal });
        states.value = new Map(Object.entries(answer.states).map(([id, letters]) => [Number(id), letters]));
      }
      asked += 1;
      trouble.value = null;
    } catch (problem) {
      if (running.signal.aborted) return;
      trouble.value = statusOf(problem);
    }
    timer = window.setTimeout(() => void again(), STATES_EVERY);
  };
  onScopeDispose(() => {
    running.abort();
    clearTimeout(timer);
  });
  void again();
  return { beds, states, trouble, again };
}
