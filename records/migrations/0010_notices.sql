-- Telling people: where each can be reached, one notice for each person and thing to be told, each delivery of it, and the canary.

-- The addresses of an account or of a resident's contact, in the order in which they are used.
CREATE TABLE reach (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   uuid REFERENCES account ON DELETE CASCADE,
    contact_id   uuid REFERENCES contact ON DELETE CASCADE,
    channel      text NOT NULL CHECK (channel IN ('push', 'sms', 'voice', 'email', 'webhook', 'apprise')),
    address      text NOT NULL CHECK (address <> ''), -- a number, an address, a URL, or a browser's subscription as JSON
    position     integer NOT NULL DEFAULT 1,
    language     text NOT NULL DEFAULT 'zh-CN' CHECK (language IN ('zh-CN', 'en')),
    -- The resident has consented that vital signs go to this address: only where it is of one resident's contact.
    vital_signs  boolean NOT NULL DEFAULT false,
    quiet_from   time NOT NULL DEFAULT '22:00', -- local; the same as quiet_to: never quiet
    quiet_to     time NOT NULL DEFAULT '07:00',
    CHECK (num_nonnulls(account_id, contact_id) = 1),
    CHECK (contact_id IS NOT NULL OR NOT vital_signs),
    UNIQUE NULLS NOT DISTINCT (account_id, contact_id, channel, address)
);
CREATE INDEX ON reach (contact_id);

-- A proof of life: when it was sent, and when it had passed each stage.
CREATE TABLE canary (
    id           uuid PRIMARY KEY,
    area_id      integer NOT NULL REFERENCES area,
    sent_at      timestamptz NOT NULL,
    received_at  timestamptz, -- by ingest
    judged_at    timestamptz, -- by alerts
    told_at      timestamptz  -- by notification
);
CREATE INDEX ON canary (area_id, sent_at);
CREATE INDEX ON canary (sent_at);

-- One person to be told one thing about one alert, once; its id is the idempotency key that every channel gets.
CREATE TABLE notice (
    id         uuid PRIMARY KEY,
    alert_id   uuid REFERENCES alert,
    canary_id  uuid REFERENCES canary ON DELETE CASCADE,
    about      text NOT NULL, -- the purpose, and the step where there are several: escalated:3
    recipient  text NOT NULL, -- account:ID, contact:ID, seat:AREA, supervisor:AREA
    priority   text NOT NULL,
    state      text NOT NULL DEFAULT 'queued'
               CHECK (state IN ('queued', 'sent', 'delivered', 'read', 'failed', 'dropped')),
    why        text NOT NULL DEFAULT '',
    made_at    timestamptz NOT NULL,
    due_at     timestamptz, -- when something has to be decided about it; NULL: nothing more
    passed_on  boolean NOT NULL DEFAULT false, -- the next contact, or the seat, has been told instead
    CHECK (num_nonnulls(alert_id, canary_id) = 1),
    UNIQUE NULLS NOT DISTINCT (alert_id, canary_id, about, recipient)
);
CREATE INDEX notice_due ON notice (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON notice (canary_id) WHERE canary_id IS NOT NULL;

-- The telling by one address. Claimed by setting due_at to the end of the lease: whoever dies with it loses it then.
CREATE TABLE delivery (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_id     uuid NOT NULL REFERENCES notice ON DELETE CASCADE,
    number        integer NOT NULL, -- the place of the address in the recipient's order
    channel       text NOT NULL,
    address       text NOT NULL,
    language      text NOT NULL,
    vital_signs   boolean NOT NULL,
    urgent        boolean NOT NULL,
    state         text NOT NULL DEFAULT 'queued'
                  CHECK (state IN ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'dropped')),
    why           text NOT NULL DEFAULT '',
    tries         integer NOT NULL DEFAULT 0,
    due_at        timestamptz, -- the next try, or while it is being sent the end of the lease; NULL: finished
    provider      text NOT NULL DEFAULT '',
    provider_ref  text NOT NULL DEFAULT '', -- what the provider calls it
    made_at       timestamptz NOT NULL,
    sent_at       timestamptz,
    delivered_at  timestamptz,
    read_at       timestamptz,
    UNIQUE (notice_id, number)
);
CREATE INDEX delivery_due ON delivery (channel, due_at) WHERE due_at IS NOT NULL;

CREATE FUNCTION say_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('notice', '');
    RETURN NULL;
END $$;
CREATE TRIGGER notice_put AFTER INSERT ON notice FOR EACH STATEMENT EXECUTE FUNCTION say_notice();

-- Whoever closes an alert, by whatever way: everybody who was to be told of it is to be told of its end.
CREATE FUNCTION tell_of_the_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO notice (id, alert_id, about, recipient, priority, made_at, due_at)
    SELECT gen_random_uuid(), NEW.id, 'ended', recipient, NEW.priority, NEW.closed_at, NEW.closed_at
      FROM notice
     WHERE alert_id = NEW.id AND about NOT LIKE 'ended%'
     GROUP BY recipient
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER alert_ended AFTER UPDATE OF phase ON alert FOR EACH ROW
    WHEN (NEW.phase = 'closed' AND OLD.phase <> 'closed') EXECUTE FUNCTION tell_of_the_end();

-- Whoever answers has read it at the pages.
CREATE FUNCTION read_at_the_pages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The notices first: whoever locks both takes them in this order.
    PERFORM FROM notice WHERE alert_id = NEW.id AND state IN ('sent', 'delivered') ORDER BY id FOR UPDATE;
    UPDATE delivery SET state = 'read', read_at = NEW.answered_at, due_at = NULL
      FROM notice
     WHERE notice.id = delivery.notice_id AND notice.alert_id = NEW.id AND channel = 'pages'
       AND delivery.state IN ('sent', 'delivered');
    UPDATE notice SET state = 'read'
     WHERE alert_id = NEW.id AND state IN ('sent', 'delivered')
       AND EXISTS (SELECT FROM delivery WHERE notice_id = notice.id AND delivery.state = 'read');
    RETURN NULL;
END $$;
CREATE TRIGGER alert_answered AFTER UPDATE OF phase ON alert FOR EACH ROW
    WHEN (NEW.phase = 'answered' AND OLD.phase = 'raised') EXECUTE FUNCTION read_at_the_pages();
