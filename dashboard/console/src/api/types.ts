// The names of the API's things.

import type { components } from "./schema";

type Schemas = components["schemas"];
export type AlertView = Schemas["AlertView"];
export type Band = Schemas["Band"];
export type BandRow = Schemas["Row"];
export type Found = Schemas["Found"];
export type Level = Schemas["Level"];
export type AlertInFull = Schemas["AlertInFull"];
export type LogLine = Schemas["Line"];
export type Told = Schemas["Told"];
export type Means = Schemas["Means"];
export type Party = Schemas["Party"];
export type Reached = Schemas["Reached"];
export type Me = Schemas["Me"];
export type Observations = Schemas["Observations"];
export type Outcome = Schemas["Outcome"];
export type PartHealth = Schemas["PartHealth"];
export type Report = Schemas["Report"];
export type ResidentView = Schemas["ResidentView"];
export type WatchingDevice = Schemas["WatchingDevice"];
export type OpenSession = Schemas["OpenSession"];
export type Revealed = Schemas["Revealed"];
export type CurrentValue = Schemas["CurrentValue"];
export type Night = Schemas["Night"];
export type ListedDevice = Schemas["Listed"];
export type DeviceCounts = Schemas["Counts"];
export type Account = Schemas["AccountView"];
export type AuditEntry = Schemas["Entry"];
export type Entrusted = Schemas["Entrusted"];
export type OneTime = Schemas["OneTime"];
export type Role = Schemas["Role"];
export type Token = Schemas["Token"];
export type KnownAddress = Schemas["Known"];
export type WayIn = Schemas["Channel"];
export type Limit = Schemas["Limit"];
