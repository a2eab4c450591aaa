// Files go to the server as they are, and come from it as a link that the browser saves.

import { Refusal } from "../api/client";

/** As the server takes them (records/nursing/documents.py). */
export const ACCEPTED = "application/pdf,image/jpeg,image/png";
export const MOST_BYTES = 5 * 1024 * 1024;

export async function upload(resident: string, file: File): Promise<void> {
  const address = `/api/residents/${encodeURIComponent(resident)}/documents?${new URLSearchParams({ name: file.name })}`;
  const headers = { "content-type": "application/octet-stream" };
  const answer = await fetch(address, { method: "POST", headers, body: file }).catch(() => {
    throw new Refusal(0, {});
  });
  if (!answer.ok) throw new Refusal(answer.status, await answer.json().catch(() => ({})));
}

/** 1.4 MB */
export const sizeOf = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
