// By which ways people can be told here at all: an address of another kind is kept, and tells nobody.

import { get } from "../api/client";
import type { WayIn } from "../api/types";
import { asking } from "../asking";
import { t, word } from "../words";

export interface Ways {
  /** It is known that this way is not set up here. */
  isMissing: (way: WayIn) => boolean;
  /** 短信（本平台未开通） */
  nameOf: (way: WayIn) => string;
}

export function ways(): Ways {
  const { answer } = asking(async (signal) => (await get("/api/channels", { signal })).channels);
  const isMissing = (way: WayIn): boolean => answer.value !== null && !answer.value.includes(way);
  const nameOf = (way: WayIn): string =>
    isMissing(way) ? t("reach.not_set_up", { way: word("channel", way) }) : word("channel", way);
  return { isMissing, nameOf };
}
