-- migrate:up

-- Organisations and people. What the law lets people correct lives here, never in an event body.
CREATE TABLE organisation (
    id         text PRIMARY KEY CHECK (id ~ '^org-[a-z2-7]{26}$'),
    -- Unified social credit code; its check character is verified before it comes here.
    uscc       text NOT NULL UNIQUE CHECK (uscc ~ '^[0-9A-HJ-NP-RTUWXY]{18}$'),
    name       text NOT NULL CHECK (name <> ''),
    name_en    text NOT NULL DEFAULT '',
    county     text NOT NULL CHECK (county ~ '^[0-9]{6}$'),
    kind       text NOT NULL CHECK (kind IN
               ('centre', 'tenderee', 'supervisor', 'custodian', 'bidder', 'agency')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE person (
    id            text PRIMARY KEY CHECK (id ~ '^per-[a-z2-7]{26}$'),
    account       text NOT NULL UNIQUE CHECK (account ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'),
    name          text NOT NULL CHECK (name <> ''),
    organisation  text NOT NULL REFERENCES organisation (id),
    county        text NOT NULL CHECK (county ~ '^[0-9]{6}$'),
    -- Never one of the hall's own machines: nobody signs in as the clock.
    roles         text[] NOT NULL CHECK (roles <@ ARRAY['host', 'tenderee', 'bidder', 'custodian',
                  'expert', 'supervisor', 'centre', 'administrator']),
    -- Argon2id, in its PHC form.
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    -- Sealed under the key file of the data folder, bound to the person.
    totp_secret   bytea,
    totp_pending  bytea,
    -- The last time step whose code was used. It only ever grows: no code works twice.
    totp_step     bigint NOT NULL DEFAULT 0,
    disabled      boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX person_organisation ON person (organisation);

-- Sessions, by the SHA-256 of their token. Who reads this table cannot take one over.
CREATE TABLE session (
    id           text PRIMARY KEY CHECK (id ~ '^ses-[a-z2-7]{26}$'),
    token_hash   bytea NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
    person       text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('page', 'bearer')),
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at   timestamptz NOT NULL,
    seen_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- NULL: only the password was given. Such a session can do nothing but give a code.
    last_code_at timestamptz
);
CREATE INDEX session_person ON session (person);
CREATE INDEX session_expiry ON session (expires_at);

-- Single use: `used_at` is set once, by a guarded UPDATE.
CREATE TABLE recovery_code (
    person    text NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    used_at   timestamptz,
    PRIMARY KEY (person, code_hash)
);

-- Attempts, while Valkey is away.
CREATE TABLE throttle (
    key     text PRIMARY KEY,
    count   integer NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX throttle_end ON throttle (ends_at);

-- migrate:down
DROP TABLE throttle, recovery_code, session, person, organisation;
