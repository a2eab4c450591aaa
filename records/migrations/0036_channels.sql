-- By which ways people can be told at all: those that `notify` has providers for. NULL: it has never said.

ALTER TABLE part ADD COLUMN channels text[];
