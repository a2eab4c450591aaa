// A work list that is narrowed by area, and shows a hundred until more are asked for.

import { computed, shallowRef, type ComputedRef, type ShallowRef } from "vue";

const FIRST = 100;
const MOST = 500; // the server gives no more at once

export interface Narrowing {
  /** The id of an area, "" for all in one's care. */
  area: ShallowRef<string>;
  query: ComputedRef<{ limit: number; area?: number }>;
  /** Whether more may be asked for of this answer. */
  hasMore: (answer: { cursor: string | null } | null) => boolean;
  more: () => void;
}

export function narrowing(): Narrowing {
  const area = shallowRef("");
  const limit = shallowRef(FIRST);
  const query = computed(() => ({ limit: limit.value, ...(area.value ? { area: Number(area.value) } : {}) }));
  const hasMore: Narrowing["hasMore"] = (answer) => Boolean(answer?.cursor) && limit.value < MOST;
  return { area, query, hasMore, more: () => void (limit.value = MOST) };
}
