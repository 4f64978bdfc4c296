-- migrate:up

-- What lists and search read. Written in the transaction of the events they follow from, and
-- rebuildable from them (bidhall rebuild).
CREATE TABLE case_list (
    stream    text PRIMARY KEY,
    kind      text NOT NULL,
    tender    text NOT NULL DEFAULT '',
    title     text NOT NULL DEFAULT '',
    title_en  text NOT NULL DEFAULT '',
    tenderee  text NOT NULL DEFAULT '',
    county    text NOT NULL DEFAULT '',
    phase     text NOT NULL,
    published boolean NOT NULL DEFAULT false,
    closes_at timestamptz,
    opens_at  timestamptz
);
CREATE INDEX case_list_public ON case_list (kind, published, closes_at DESC);

-- Who has work in which case; never read for anybody but the person.
CREATE TABLE case_person (
    stream text NOT NULL,
    person text NOT NULL,
    role   text NOT NULL,
    PRIMARY KEY (stream, person, role)
);
CREATE INDEX case_person_person ON case_person (person);

-- Which tender took which key of a ceremony. A key serves one tender once.
CREATE TABLE key_use (
    key      text PRIMARY KEY,
    ceremony text NOT NULL,
    tender   text NOT NULL,
    stage    text NOT NULL,
    UNIQUE (tender, stage)
);

-- migrate:down
DROP TABLE key_use;
DROP TABLE case_person;
DROP TABLE case_list;
