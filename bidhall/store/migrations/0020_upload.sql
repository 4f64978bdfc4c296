-- migrate:up

-- Files on their way in, and files kept. The bytes lie in the data folder under the row's id.
-- A row is written after its file exists and deleted before its file is: what a crash leaves
-- behind is a file without a row, which the sweep removes.
CREATE TABLE upload (
    id         text PRIMARY KEY CHECK (id ~ '^upl-[a-z2-7]{26}$'),
    -- The organisation (or a person without one) it belongs to; NULL: the hall's own document.
    owner      text,
    person     text,
    name       text NOT NULL,
    length     bigint NOT NULL CHECK (length >= 0),
    -- Bytes known to be on the disk, after fsync. The file may be longer after a crash, never shorter.
    received   bigint NOT NULL DEFAULT 0,
    state      text NOT NULL CHECK (state IN ('receiving', 'complete', 'adopted')),
    sha256     text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    -- RFC 6962 root over leaves of 1 MiB.
    root       text CHECK (root ~ '^[0-9a-f]{64}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CHECK (received BETWEEN 0 AND length),
    CHECK ((state = 'receiving') = (sha256 IS NULL)),
    CHECK ((sha256 IS NULL) = (root IS NULL)),
    CHECK (state = 'receiving' OR received = length),
    CHECK ((owner IS NULL) = (person IS NULL))
);
CREATE INDEX upload_open_owner ON upload (owner) WHERE state <> 'adopted';
CREATE INDEX upload_expiry ON upload (expires_at) WHERE state <> 'adopted';
-- The hall keeps a document of its own once, however often the same bytes are made.
CREATE UNIQUE INDEX upload_own_document ON upload (sha256) WHERE owner IS NULL;

-- migrate:down
DROP TABLE upload;
