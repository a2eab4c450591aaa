-- Telling people, the second part: addresses that people enter themselves, consent by channel, and what providers say
-- became of a message.

-- Whoever sits at the pages may say so; a webhook has a secret of its own; a browser is one person's.
ALTER TABLE reach
    DROP CONSTRAINT reach_channel_check,
    ADD CHECK (channel IN ('pages', 'push', 'sms', 'voice', 'email', 'webhook', 'apprise')),
    ADD COLUMN endpoint text UNIQUE, -- of a browser's subscription
    ADD COLUMN secret text NOT NULL DEFAULT '', -- with which a webhook is signed; '': with the installation's
    ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now(),
    DROP COLUMN vital_signs; -- with its check: consent is a row of its own (below), and is asked for anew

-- A resident has agreed that messages by this channel to their own family hold vital signs. Withdrawn, the row stays.
CREATE TABLE consent (
    id            uuid PRIMARY KEY,
    resident_id   uuid NOT NULL REFERENCES resident ON DELETE CASCADE,
    channel       text NOT NULL CHECK (channel IN ('push', 'sms', 'voice', 'email', 'webhook', 'apprise')),
    evidence      text NOT NULL CHECK (evidence <> ''), -- how it is known: a signed form and where it lies
    given_at      timestamptz NOT NULL,
    noted_by      uuid REFERENCES account, -- NULL: from the machine itself
    withdrawn_at  timestamptz CHECK (withdrawn_at >= given_at),
    withdrawn_by  uuid REFERENCES account
);
CREATE UNIQUE INDEX consent_one_at_a_time ON consent (resident_id, channel) WHERE withdrawn_at IS NULL;
CREATE INDEX ON consent (resident_id);

-- The number of a delivery is the id of its address now, which stays the same when another address is struck off.
ALTER TABLE delivery
    ALTER COLUMN number TYPE bigint,
    DROP COLUMN vital_signs, -- consent counts as it stands when the message is sent
    ADD COLUMN receipt_due_at timestamptz, -- when the provider is asked what became of it; NULL: it is not asked
    ADD COLUMN receipt_asks integer NOT NULL DEFAULT 0;
UPDATE delivery SET number = -number; -- which those keep that went to a number of which only the contact's row knows
UPDATE delivery SET number = 0 WHERE channel IN ('pages', 'canary');
UPDATE delivery SET number = way.id
  FROM notice, reach AS way
 WHERE notice.id = delivery.notice_id AND way.channel = delivery.channel AND way.address = delivery.address
   AND notice.recipient IN ('account:' || way.account_id, 'contact:' || way.contact_id);
CREATE INDEX delivery_receipt_due ON delivery (channel, receipt_due_at) WHERE receipt_due_at IS NOT NULL;

-- Whoever answers has read it at the pages; of others who were told there by name it is not known.
CREATE OR REPLACE FUNCTION read_at_the_pages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The notices first: whoever locks both takes them in this order.
    PERFORM FROM notice WHERE alert_id = NEW.id AND state IN ('sent', 'delivered') ORDER BY id FOR UPDATE;
    UPDATE delivery SET state = 'read', read_at = NEW.answered_at, due_at = NULL
      FROM notice
     WHERE notice.id = delivery.notice_id AND notice.alert_id = NEW.id AND channel = 'pages'
       AND delivery.state IN ('sent', 'delivered')
       AND (notice.recipient NOT LIKE 'account:%' OR notice.recipient = 'account:' || NEW.answered_by);
    UPDATE notice SET state = 'read'
     WHERE alert_id = NEW.id AND state IN ('sent', 'delivered')
       AND EXISTS (SELECT FROM delivery WHERE notice_id = notice.id AND delivery.state = 'read');
    RETURN NULL;
END $$;
