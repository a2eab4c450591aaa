-- The family's page: signed links, what a contact (who has no account) does by one, and consent by purpose.

-- A link is known by its id, signed with a key that is not in the database: what is in here opens nothing.
CREATE TABLE signed_link (
    id           uuid PRIMARY KEY,
    purpose      text NOT NULL CHECK (purpose IN ('family', 'responder')),
    account_id   uuid REFERENCES account ON DELETE CASCADE, -- for whom: an account, or a resident's contact
    contact_id   uuid REFERENCES contact ON DELETE CASCADE,
    resident_id  uuid REFERENCES resident ON DELETE CASCADE,
    alert_id     uuid REFERENCES alert ON DELETE CASCADE, -- of which it was sent; a responder's opens only this one
    language     text NOT NULL DEFAULT 'zh-CN' CHECK (language IN ('zh-CN', 'en')),
    made_at      timestamptz NOT NULL,
    made_by      uuid REFERENCES account, -- NULL: the platform, with a message
    expires_at   timestamptz NOT NULL CHECK (expires_at > made_at),
    revoked_at   timestamptz,
    revoked_by   uuid REFERENCES account, -- NULL: whoever got it
    used_at      timestamptz, -- when somebody last did something by it; that it was fetched says nothing
    CHECK (num_nonnulls(account_id, contact_id) = 1),
    CHECK (num_nonnulls(resident_id, alert_id) >= 1)
);
CREATE INDEX ON signed_link (resident_id);
CREATE INDEX ON signed_link (contact_id);
CREATE INDEX ON signed_link (account_id);
CREATE INDEX ON signed_link (alert_id);

-- A contact says that all is well, by a link: kept as theirs.
ALTER TABLE confirmation
    ALTER COLUMN account_id DROP NOT NULL,
    ADD COLUMN contact_id uuid REFERENCES contact ON DELETE SET NULL;

-- What a resident agrees to is said by purpose and channel: that messages hold vital signs, and that the family's page
-- shows how the day went. What was given before was for vital signs.
ALTER TABLE consent
    ADD COLUMN purpose text NOT NULL DEFAULT 'vital_signs' CHECK (purpose IN ('vital_signs', 'daily_life')),
    DROP CONSTRAINT consent_channel_check,
    ADD CONSTRAINT consent_channel_check
        CHECK (channel IN ('pages', 'push', 'sms', 'voice', 'email', 'webhook', 'apprise')),
    ADD CHECK (purpose <> 'daily_life' OR channel = 'pages');
DROP INDEX consent_one_at_a_time;
CREATE UNIQUE INDEX consent_one_at_a_time ON consent (resident_id, purpose, channel) WHERE withdrawn_at IS NULL;
