-- What is held back is found at once; a signal that can neither be judged nor ring holds up no other; and alerts that opened before plans were frozen into them get one.

CREATE INDEX alert_held ON alert (opened_at) WHERE suppressed_by IS NOT NULL AND phase <> 'closed';

ALTER TABLE signal ADD COLUMN tries integer NOT NULL DEFAULT 0, -- how often it could neither be judged nor ring
                   ADD COLUMN retry_at timestamptz; -- not before then
CREATE INDEX signal_aside ON signal (retry_at) WHERE handled_at IS NULL AND retry_at IS NOT NULL;

-- The plan of the whole city: which area had another one when they opened is not known any more. It begins now.
UPDATE alert
   SET plan = escalation_plan.steps,
       raised_at = CASE WHEN phase = 'raised' THEN now() ELSE raised_at END,
       told = 0,
       due_at = CASE WHEN suppressed_by IS NULL THEN now() END
  FROM escalation_plan
 WHERE escalation_plan.area_id IS NULL AND escalation_plan.class = alert.class
   AND escalation_plan.priority = alert.priority
   AND alert.phase <> 'closed' AND alert.plan = '[]' AND NOT alert.drill AND NOT alert.canary;
