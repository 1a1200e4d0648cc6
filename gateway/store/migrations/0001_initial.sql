-- Times are microseconds since 1970-01-01 UTC. `sealed` columns are AES-256-GCM under the data key of their owner.
-- Ids are time-ordered or numbers, so that rows land on the right edge; each index by value is one more random write per
-- packet: add one only for a listed search.

CREATE TABLE cases (
    id TEXT NOT NULL PRIMARY KEY,
    clinic TEXT NOT NULL,
    hospital TEXT NOT NULL,
    programme TEXT NOT NULL,
    programme_version TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    needed_by INTEGER,
    wake_at INTEGER,
    erased INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX cases_clinic ON cases (clinic, id);
CREATE INDEX cases_wake ON cases (wake_at, id) WHERE wake_at IS NOT NULL;

CREATE TABLE rendition (
    alias TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases (id),
    hospital TEXT NOT NULL,
    stage TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    created INTEGER NOT NULL,
    destroyed INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX rendition_case ON rendition (case_id, hospital);
CREATE INDEX rendition_hospital ON rendition (hospital, state, case_id);

CREATE TABLE blob (
    number INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX blob_owner ON blob (owner, name, version);

CREATE TABLE event (
    case_id TEXT NOT NULL REFERENCES cases (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (case_id, seq)
) STRICT, WITHOUT ROWID;

-- The first open row of a lane (case_id, hospital) is pending or parked, the open rows behind it are waiting.
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id TEXT NOT NULL REFERENCES cases (id),
    alias TEXT NOT NULL,
    hospital TEXT NOT NULL,
    kind TEXT NOT NULL,
    destination TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    due INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    worker TEXT NOT NULL,
    not_after INTEGER,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'pending', 'done', 'parked', 'cancelled')),
    outcome TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_case ON outbox (case_id, number);
CREATE INDEX outbox_due ON outbox (due, number) WHERE state = 'pending';
CREATE INDEX outbox_parked ON outbox (number) WHERE state = 'parked';

-- In flight while status is null.
CREATE TABLE idempotency (
    number INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    body_sha256 BLOB NOT NULL,
    claimed INTEGER NOT NULL,
    claimed_until INTEGER NOT NULL,
    case_id TEXT NOT NULL,
    status INTEGER,
    answer BLOB
) STRICT;
CREATE UNIQUE INDEX idempotency_key ON idempotency (tenant, key);

-- The exchange log (audit/FORMAT.md): idx is dense from 0, bytes are the leaf.
CREATE TABLE log_entry (
    idx INTEGER PRIMARY KEY,
    request TEXT NOT NULL,
    seq INTEGER NOT NULL,
    bytes TEXT NOT NULL,
    leaf_hash BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX log_request ON log_entry (request, seq) WHERE request <> '';

-- One row: the right edge of the Merkle tree over all entries.
CREATE TABLE log_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    frontier BLOB NOT NULL
) STRICT;
INSERT INTO log_head (id, size, frontier) VALUES (1, 0, x'');

CREATE TABLE log_checkpoint (
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;

-- Third-party provisions (APPI article 29). `sealed` holds salt and record; null once erased.
CREATE TABLE provision (
    log_index INTEGER PRIMARY KEY REFERENCES log_entry (idx),
    case_id TEXT NOT NULL REFERENCES cases (id),
    recipient TEXT NOT NULL,
    at INTEGER NOT NULL,
    commitment BLOB NOT NULL,
    sealed BLOB
) STRICT;
CREATE INDEX provision_case ON provision (case_id, log_index);

-- Owners whose data key must not exist any more; replayed at every start.
CREATE TABLE erasure (
    owner TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
