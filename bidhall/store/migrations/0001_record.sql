-- migrate:up

-- One row per case. `head` is the seq of its last event, `at` the time of it: the clock of the
-- database may step back, the time of a stream never does.
CREATE TABLE stream (
    id   text PRIMARY KEY,
    kind text NOT NULL,
    head bigint NOT NULL DEFAULT 0,
    at   timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z'
);

-- The record. Bodies are the canonical JSON that was hashed, byte for byte.
CREATE TABLE event (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream     text NOT NULL REFERENCES stream (id),
    seq        bigint NOT NULL,
    at         timestamptz NOT NULL,
    kind       text NOT NULL,
    actor      text NOT NULL,
    command_id text NOT NULL,
    ordinal    smallint NOT NULL, -- a command may make several events: 0, 1, ...
    digest     bytea NOT NULL,
    body       bytea NOT NULL,
    signed     bytea,
    salt       bytea NOT NULL CHECK (octet_length(salt) = 32),
    leaf       bytea NOT NULL CHECK (octet_length(leaf) = 32),
    log_index  bigint,
    UNIQUE (stream, seq)
);
-- A command id counts once in its stream, whatever the code above the database does.
CREATE UNIQUE INDEX event_command ON event (stream, command_id, ordinal);
CREATE UNIQUE INDEX event_log_index ON event (log_index) WHERE log_index IS NOT NULL;
CREATE INDEX event_pending ON event (id) WHERE log_index IS NULL;

CREATE FUNCTION event_is_forever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.log_index IS NULL AND NEW.log_index IS NOT NULL
       AND ROW(NEW.id, NEW.stream, NEW.seq, NEW.at, NEW.kind, NEW.actor, NEW.command_id,
               NEW.ordinal, NEW.digest, NEW.body, NEW.signed, NEW.salt, NEW.leaf)
           IS NOT DISTINCT FROM
           ROW(OLD.id, OLD.stream, OLD.seq, OLD.at, OLD.kind, OLD.actor, OLD.command_id,
               OLD.ordinal, OLD.digest, OLD.body, OLD.signed, OLD.salt, OLD.leaf) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the record is append-only: % is refused', TG_OP;
END
$$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION event_is_forever();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION event_is_forever();

-- Tiles of the log (C2SP tlog-tiles); a path is written once and never changes. Partial tiles go
-- when the full one is there, as the specification allows.
CREATE TABLE tile (
    path text PRIMARY KEY,
    data bytea NOT NULL
);
CREATE TABLE checkpoint (
    size bigint PRIMARY KEY,
    note text NOT NULL,
    at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE FUNCTION log_is_forever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'tile' THEN
        IF OLD.path LIKE '%.p/%' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the log is append-only: % of % is refused', TG_OP, TG_TABLE_NAME;
END
$$;
CREATE TRIGGER tile_append_only BEFORE UPDATE OR DELETE ON tile
    FOR EACH ROW EXECUTE FUNCTION log_is_forever();
CREATE TRIGGER tile_no_truncate BEFORE TRUNCATE ON tile
    FOR EACH STATEMENT EXECUTE FUNCTION log_is_forever();
CREATE TRIGGER checkpoint_append_only BEFORE UPDATE OR DELETE ON checkpoint
    FOR EACH ROW EXECUTE FUNCTION log_is_forever();
CREATE TRIGGER checkpoint_no_truncate BEFORE TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION log_is_forever();

-- What the hall's machines owe: rewritten with every event of its stream, removed when done.
CREATE TABLE due (
    source text NOT NULL,
    actor  text NOT NULL,
    kind   text NOT NULL,
    stream text NOT NULL,
    key    text NOT NULL DEFAULT '',
    at     timestamptz NOT NULL,
    PRIMARY KEY (source, actor, kind, stream, key)
);
CREATE INDEX due_at ON due (at);

-- migrate:down
DROP TABLE due, checkpoint, tile, event, stream;
DROP FUNCTION event_is_forever, log_is_forever;
