// Answers of routes as agreed; each goes to types.ts when the description of the API has it.

import type { AlertView, Found } from "./types";

export interface Summary {
  residents: number;
  beds: number;
  watched_beds: number;
  devices: number;
  silent: number;
  low: number;
  alerts: { high: number; medium: number; low: number };
  quarantined_24h: number;
}

export interface ResidentsPageOf {
  residents: Found[];
  more: boolean;
  cursor?: string | null;
}

export interface CurrentValue {
  metric: string;
  kind: "gauge" | "counter" | "state";
  unit: string;
  value: number;
  time: string;
  vendor: string;
  device: string;
  place: string;
  expected_interval: number | null;
}

export interface Now {
  now: string;
  values: CurrentValue[];
}

export interface Night {
  night: string;
  start: string;
  end: string;
  known: number;
  in_bed: number | null;
  out_of_bed: number | null;
  times_up: number | null;
  heart_rate: number | null;
  respiration: number | null;
}

export interface Nights {
  zone: string;
  nights: Night[];
}

export interface AlertsPage {
  alerts: AlertView[];
  cursor: string | null;
}

export interface ListedDevice {
  vendor: string;
  device: string;
  kind: string;
  place: string;
  resident_id: string | null;
  resident: string | null;
  last_seen: string | null;
  expected_interval: number | null;
  online: boolean | null;
  battery: number | null;
  silent: boolean;
  low: boolean;
}

export interface DevicesPage {
  counts: { all: number; silent: number; low: number; offline: number };
  devices: ListedDevice[];
  cursor: string | null;
}

export interface Quarantine {
  reasons: { field: string; reason: string; times: number; devices: number; first_at: string; last_at: string }[];
}
