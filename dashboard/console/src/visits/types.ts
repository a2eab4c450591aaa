// The names of the API's things about visits.

import type { Answer } from "../api/client";
import type { components } from "../api/schema";

export type VisitTask = components["schemas"]["Task"];
/** Whom a result is about. */
export type Visited = Pick<VisitTask, "resident_id" | "resident_name" | "address">;
export type Duty = Answer<"/api/residents/{resident_id}/visit_duty", "get">;
export type Risk = components["schemas"]["Risk"];
export type HomeCode = components["schemas"]["HomeCode"];
