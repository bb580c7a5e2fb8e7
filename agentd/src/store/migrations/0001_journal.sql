-- What this state directory is, and who may write to it: one row.
CREATE TABLE journal (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    install_id TEXT    NOT NULL,
    epoch      INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id         TEXT PRIMARY KEY,
    name       TEXT UNIQUE,
    created_ms INTEGER NOT NULL,
    head_seq   INTEGER NOT NULL,
    head_hash  BLOB    NOT NULL,
    summary    TEXT    NOT NULL
) STRICT;

CREATE TABLE events (
    session      TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    turn         INTEGER NOT NULL,
    epoch        INTEGER NOT NULL,
    wall_time_ms INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    prev_hash    BLOB    NOT NULL,
    hash         BLOB    NOT NULL,
    PRIMARY KEY (session, seq)
) STRICT;

CREATE TABLE turn_requests (
    session    TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    turn       INTEGER NOT NULL,
    PRIMARY KEY (session, request_id)
) STRICT, WITHOUT ROWID;
