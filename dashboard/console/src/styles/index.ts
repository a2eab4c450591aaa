// In this order: what is narrower, and what a step looks like, comes after what it changes.

import "./base.css";
import "./controls.css";
import "./frame.css";
import "./tables.css";
import "./queue.css";
import "./closing.css";
import "./login.css";
import "./second-step.css";
import "./residents.css";
import "./day.css";
import "./lists.css";
import "./export.css";
import "./now.css";
import "./charts.css";
import "./nights.css";
import "./account.css";
import "./administration.css";
import "./admin.css";
import "./places.css";
import "./away.css";
import "./narrow.css";
import "./steps.css";
import "./reported.css";
