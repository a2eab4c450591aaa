// A long list, page by page: read anew whenever what is asked for changes, and on from where it ended.

import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from "vue";
import { statusOf } from "./api/client";

export interface Paged<Row> {
  /** All that was read so far; null before the first answer. */
  rows: Readonly<ShallowRef<readonly Row[] | null>>;
  hasMore: Readonly<ShallowRef<boolean>>;
  /** The status of the last refusal, 0 where the server was not reached, null where all is well. */
  trouble: Readonly<ShallowRef<number | null>>;
  again: () => Promise<void>;
  more: () => Promise<void>;
}

/** `read` gets where the page before it ended; an answer that comes after another question is ignored. */
export function paged<Row>(
  read: (cursor: string | null, signal: AbortSignal) => Promise<{ rows: readonly Row[]; cursor: string | null }>,
  on: WatchSource<unknown> | WatchSource<unknown>[],
): Paged<Row> {
  const rows = shallowRef<readonly Row[] | null>(null);
  const cursor = shallowRef<string | null>(null);
  const hasMore = shallowRef(false);
  const trouble = shallowRef<number | null>(null);
  let running = new AbortController();

  async function readFrom(start: string | null): Promise<void> {
    running.abort();
    const { signal } = (running = new AbortController());
    try {
      const page = await read(start, signal);
      if (signal.aborted) return;
      rows.value = start ? [...(rows.value ?? []), ...page.rows] : page.rows;
      cursor.value = page.cursor;
      hasMore.value = page.cursor !== null;
      trouble.value = null;
    } catch (problem) {
      if (!signal.aborted) trouble.value = statusOf(problem);
    }
  }
  watch(on, () => void readFrom(null), { immediate: true });
  onScopeDispose(() => running.abort());
  return { rows, hasMore, trouble, again: () => readFrom(null), more: () => readFrom(cursor.value) };
}
