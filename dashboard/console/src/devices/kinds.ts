// The kinds of devices and aids, as the forms offer them.

import type { components } from "../api/schema";

type Schemas = components["schemas"];
export const KINDS: readonly Schemas["DeviceKind"][] = [
  "bed",
  "wearable",
  "fall_radar",
  "sos_button",
  "pull_cord",
  "motion",
  "presence",
  "door",
  "smoke",
  "gas",
  "carbon_monoxide",
  "water_leak",
  "water_meter",
  "power_meter",
  "climate",
  "vitals",
  "gateway",
  "other",
];
export const AID_KINDS: readonly Schemas["AidKind"][] = [
  "wheelchair",
  "walker",
  "cane",
  "nursing_bed",
  "bed_rail",
  "mattress",
  "commode",
  "shower_chair",
  "grab_bar",
  "hoist",
  "hearing_aid",
  "other",
];
