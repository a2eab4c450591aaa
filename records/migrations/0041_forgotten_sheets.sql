-- A hand-over sheet stays as it is, but for one thing: whom a line was about is taken out when that person is deleted by two others.
CREATE OR REPLACE FUNCTION refuse_other_hand_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.taken_by IS NULL AND NEW.taken_by IS NOT NULL
       AND to_jsonb(NEW) - 'taken_by' - 'taken_at' = to_jsonb(OLD) - 'taken_by' - 'taken_at' THEN
        RETURN NEW; -- the second signature
    END IF;
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'sheet' - 'note' = to_jsonb(OLD) - 'sheet' - 'note' AND NEW.note IN (OLD.note, '')
       AND EXISTS (SELECT FROM deletion
                    WHERE id = nullif(current_setting('ankang.deletion', true), '')::uuid
                      AND confirmed_at IS NOT NULL AND ended_at IS NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a sheet that was signed stays as it is';
END $$;
