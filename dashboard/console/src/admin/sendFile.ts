// Sending a file of residents, and hearing line by line how far the server has got with it.

import type { ImportTold } from "../api/types";

const refused = (fault: string): ImportTold => ({ kind: "refused", fault }) as ImportTold;

/** The last line that the server tells of this file; those before it go to `hear`. */
export async function sendFile(
  data: ArrayBuffer,
  dryRun: boolean,
  hear: (told: ImportTold) => void,
  signal: AbortSignal,
): Promise<ImportTold> {
  const answer = await fetch(`/api/imports/residents?dry_run=${dryRun}`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: data,
    signal,
  }).catch(() => null);
  if (answer?.status === 409) return refused("busy");
  if (answer?.status === 413) return refused("large");
  if (!answer?.ok || !answer.body) return refused(answer ? "failed" : "unavailable");
  let last: ImportTold | null = null;
  try {
    for await (const line of linesOf(answer.body)) {
      last = JSON.parse(line) as ImportTold;
      if (last.kind === "progress") hear(last);
    }
  } catch {
    return refused("cut");
  }
  return last && last.kind !== "progress" ? last : refused("cut");
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest) yield rest;
}
