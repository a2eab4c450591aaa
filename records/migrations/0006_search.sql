-- Finding people by the last digits of a contact's telephone number, however it is written.
CREATE INDEX contact_phone_tail ON contact (reverse(regexp_replace(phone, '[^0-9]', '', 'g')) text_pattern_ops);
CREATE INDEX care_bed_number ON care_bed (upper(number) text_pattern_ops);
