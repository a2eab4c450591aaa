-- Services that were ordered for residents (子女网上下单、老人体验服务), and each step until they are done.

CREATE TABLE service_order (
    id           uuid PRIMARY KEY,
    resident_id  uuid NOT NULL REFERENCES resident,
    series_id    uuid NOT NULL, -- what was ordered at once, week after week, has the id of the first
    service      text NOT NULL CHECK (service <> ''),
    wished_from  timestamptz NOT NULL,
    wished_to    timestamptz NOT NULL CHECK (wished_to > wished_from),
    wish         text NOT NULL DEFAULT '', -- what is to be borne in mind, in words
    state        text NOT NULL DEFAULT 'ordered'
                 CHECK (state IN ('ordered', 'accepted', 'under_way', 'done', 'not_met', 'declined', 'cancelled')),
    ordered_at   timestamptz NOT NULL,
    ordered_by   uuid REFERENCES account, -- NULL: the contact, by a link
    contact_id   uuid REFERENCES contact ON DELETE SET NULL, -- for whom it was ordered, and who hears of it
    accepted_by  uuid REFERENCES account,
    comes        text NOT NULL DEFAULT '', -- who comes, in words
    why          text NOT NULL DEFAULT '', -- the reason or the result of its end
    due_at       timestamptz, -- until when its next step should be taken, then it is overdue; NULL: it is over
    settled_at   timestamptz,
    CHECK ((due_at IS NULL) = (settled_at IS NOT NULL))
);
CREATE INDEX service_order_open ON service_order (due_at, wished_from, id) WHERE due_at IS NOT NULL;
CREATE INDEX ON service_order (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX ON service_order (resident_id, wished_from);
CREATE INDEX ON service_order (series_id);
CREATE INDEX ON service_order (contact_id) WHERE contact_id IS NOT NULL;

-- Only ever added to.
CREATE TABLE service_order_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id    uuid NOT NULL REFERENCES service_order ON DELETE CASCADE,
    at          timestamptz NOT NULL,
    step        text NOT NULL, -- order, accept, set_out, finish, miss, decline, cancel
    account_id  uuid REFERENCES account,
    contact_id  uuid REFERENCES contact ON DELETE SET NULL,
    why         text NOT NULL DEFAULT ''
);
CREATE INDEX ON service_order_log (order_id, id);
CREATE INDEX ON service_order_log (contact_id) WHERE contact_id IS NOT NULL;

-- Whoever ordered is told how it stands; `about` names the order, so that nothing is told twice.
ALTER TABLE notice
    ADD COLUMN order_id uuid REFERENCES service_order,
    DROP CONSTRAINT notice_check,
    ADD CONSTRAINT notice_check CHECK (num_nonnulls(alert_id, canary_id, check_in_id, reach_id, order_id) = 1);
CREATE INDEX ON notice (order_id) WHERE order_id IS NOT NULL;
