-- What the family says of an alert, from their page: the last word stands with the alert, every one in its log.

ALTER TABLE alert
    ADD COLUMN family_said text CHECK (family_said IN ('on_it', 'well', 'send')),
    ADD COLUMN family_said_at timestamptz,
    ADD COLUMN family_account uuid REFERENCES account,
    ADD COLUMN family_contact uuid REFERENCES contact ON DELETE SET NULL;
CREATE INDEX ON alert (family_contact) WHERE family_contact IS NOT NULL;
