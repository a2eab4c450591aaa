// What a form sends: whether it is under way, and what was refused, with the field that has to change.

import { shallowRef, type ShallowRef } from "vue";
import { Refusal } from "./api/client";
import { fixOf, t } from "./words";

/** What was refused, in the reader's language; `name`: the field that has to change, "" where none is at fault. */
export interface Wrong {
  name: string;
  words: string;
}

export interface Sending {
  busy: Readonly<ShallowRef<boolean>>;
  wrong: Readonly<ShallowRef<Wrong | null>>;
  /** Does it; whether that was done. */
  send: (step: () => Promise<unknown>) => Promise<boolean>;
}

/** `fixes`: under this name the catalogues say of each field how it is put right. */
export function sending(fixes: string): Sending {
  const busy = shallowRef(false);
  const wrong = shallowRef<Wrong | null>(null);

  async function send(step: () => Promise<unknown>): Promise<boolean> {
    busy.value = true;
    wrong.value = null;
    try {
      await step();
      return true;
    } catch (problem) {
      wrong.value = whatIsWrong(problem, fixes);
      return false;
    } finally {
      busy.value = false;
    }
  }
  return { busy, wrong, send };
}

export function whatIsWrong(problem: unknown, fixes: string): Wrong {
  if (!(problem instanceof Refusal)) throw problem;
  if (problem.status === 403) return { name: "", words: t("error.not_yours") };
  if (problem.status === 404) return { name: "", words: t("form.gone") };
  const name = String(problem.body.field ?? "");
  const fix = [409, 422].includes(problem.status) ? fixOf(fixes, name) : null;
  return fix ? { name, words: fix } : { name: "", words: t("step.failed") };
}
