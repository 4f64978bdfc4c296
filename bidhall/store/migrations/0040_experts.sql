-- migrate:up

-- The expert pool: what the draw and the avoidance check need, keyed by the person. Names stay in
-- `person` and leave only for those who were seated, after the result.
CREATE TABLE expert (
    person       text PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    county       text NOT NULL CHECK (county ~ '^[0-9]{6}$'),
    specialities text[] NOT NULL CHECK (cardinality(specialities) BETWEEN 1 AND 20),
    -- USCC or id of the employer, '' where there is none.
    employer     text NOT NULL DEFAULT '',
    -- USCCs or ids of organisations with a tie that is in force.
    relations    text[] NOT NULL DEFAULT '{}',
    -- Penalties in force: while there is one, the expert is not drawn.
    penalties    text[] NOT NULL DEFAULT '{}',
    active       boolean NOT NULL DEFAULT true
);
CREATE INDEX expert_county ON expert (county) WHERE active;

-- migrate:down
DROP TABLE expert;
