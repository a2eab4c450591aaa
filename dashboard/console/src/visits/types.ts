// The names of the API's things about visits.

import type { components } from "../api/schema";

export type VisitTask = components["schemas"]["Task"];
