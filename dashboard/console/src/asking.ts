// Asking the server for what a page shows: once, again when what is asked for changes, and from time to time.

import { onScopeDispose, shallowRef, watch, type ShallowRef, type WatchSource } from "vue";
import { statusOf } from "./api/client";

export interface Asked<T> {
  answer: Readonly<ShallowRef<T | null>>;
  /** The status of the last refusal, 0 where the server was not reached, null where all is well. */
  trouble: Readonly<ShallowRef<number | null>>;
  again: () => Promise<void>;
}

/**
 * `read` is called at once, whenever `on` changes, and every `every` milliseconds; an answer that comes late is ignored.
 * `keep`: the old answer stays until the new one is there.
 */
export function asking<T>(
  read: (signal: AbortSignal) => Promise<T>,
  { on, every, keep = false }: { on?: WatchSource<unknown>; every?: number; keep?: boolean } = {},
): Asked<T> {
  const answer = shallowRef<T | null>(null);
  const trouble = shallowRef<number | null>(null);
  let running = new AbortController();
  let timer = 0;

  const again = async (): Promise<void> => {
    running.abort();
    clearTimeout(timer);
    const mine = (running = new AbortController());
    try {
      const found = await read(mine.signal);
      if (mine.signal.aborted) return;
      answer.value = found;
      trouble.value = null;
    } catch (problem) {
      if (mine.signal.aborted) return;
      trouble.value = statusOf(problem);
    }
    if (every) timer = window.setTimeout(() => void again(), every);
  };

  if (on) {
    watch(on, () => {
      if (!keep) answer.value = null;
      void again();
    });
  }
  onScopeDispose(() => {
    running.abort();
    clearTimeout(timer);
  });
  void again();
  return { answer, trouble, again };
}
