// A new address by which somebody is told: what is typed, and what is sent of it.

import type { WayIn } from "../api/types";
import { language } from "../words";

export const WAYS: readonly WayIn[] = ["sms", "voice", "email", "webhook"];

export interface NewAddress {
  channel: WayIn;
  address: string;
  position: number;
  from: string;
  to: string;
}

export const newAddress = (position = 1): NewAddress => ({
  channel: "sms",
  address: "",
  position,
  from: "22:00",
  to: "07:00",
});

export const addressSent = (form: NewAddress) => ({
  channel: form.channel,
  address: form.channel === "pages" ? "pages" : form.address.trim(),
  position: form.position,
  language: language(),
  quiet_from: form.from,
  quiet_to: form.to,
});
