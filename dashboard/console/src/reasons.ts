// Why a message did not get through, in the reader's language. Ankang's reasons are sentences (care/notices.py, alerts/channels);
// what only a provider could say stays as it came.
import { t, word } from "./words";

export function reason(said: string): string {
  const [, sentence = said, detail] = /^(.*?)(?: \((.*)\))?$/.exec(said) ?? [];
  const [, who, code] = /^(.+) answered (\S+)$/.exec(sentence) ?? [];
  if (who !== undefined && code !== undefined) return t("not_told.answered", { who: word("provider", who), code });
  const [, unreachable] = /^(.+) is not reachable$/.exec(sentence) ?? [];
  const words =
    unreachable === undefined
      ? word("not_told", sentence)
      : t("not_told.unreachable", { who: word("provider", unreachable) });
  return detail === undefined ? words : t("not_told.detail", { why: words, detail });
}
