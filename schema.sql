-- The tables of Nexus in PostgreSQL 15 or newer.
-- Made from nexus/store/migrations by: python -m nexus.store.schema > schema.sql
-- A Node makes them by itself when it starts with an empty database.

BEGIN;

CREATE TABLE IF NOT EXISTS schema_version (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
);

-- Version 1: rooms

-- A Room: what is known of it without reading what it holds.
CREATE TABLE rooms (
    room_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    code TEXT,
    key TEXT,
    status TEXT NOT NULL
        CHECK (status IN ('active', 'hibernating', 'abandoned', 'closed', 'quarantined')),
    epoch BIGINT NOT NULL CHECK (epoch > 0),
    owner TEXT NOT NULL,
    clients INTEGER NOT NULL DEFAULT 0,
    attributes JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    active_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX rooms_code ON rooms (code)
    WHERE status IN ('active', 'hibernating', 'quarantined');
CREATE UNIQUE INDEX rooms_kind_key ON rooms (kind, key)
    WHERE status IN ('active', 'hibernating', 'quarantined');
CREATE INDEX rooms_status ON rooms (status);

-- All that is kept of a Room at one entry of its journal. It is the truth.
CREATE TABLE snapshots (
    room_id TEXT PRIMARY KEY REFERENCES rooms ON DELETE CASCADE,
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    chain BYTEA NOT NULL,
    payload BYTEA NOT NULL,
    checksum BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
-- The payloads are dense already.
ALTER TABLE snapshots ALTER COLUMN payload SET STORAGE EXTERNAL;

-- What a Room did after its snapshot, in order.
CREATE TABLE journal (
    room_id TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    number BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    version BIGINT NOT NULL,
    chain BYTEA NOT NULL,
    payload BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (room_id, number)
);
ALTER TABLE journal ALTER COLUMN payload SET STORAGE EXTERNAL;

-- The State of a Room for people, as of its snapshot; nothing is restored from it.
CREATE TABLE game_states (
    room_id TEXT PRIMARY KEY REFERENCES rooms ON DELETE CASCADE,
    version BIGINT NOT NULL,
    state_data JSONB NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

-- Who belongs to a Room.
CREATE TABLE room_members (
    room_id TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    user_id TEXT,
    role TEXT NOT NULL DEFAULT '',
    is_connected BOOLEAN NOT NULL,
    joined_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (room_id, session_id)
);
CREATE INDEX room_members_user ON room_members (user_id) WHERE user_id IS NOT NULL;

-- Identities, anonymous or not.
CREATE TABLE players (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    is_anonymous BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_seen TIMESTAMPTZ NOT NULL
);

-- Who may do more than others in a Room.
CREATE TABLE hosts (
    room_id TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    is_primary BOOLEAN NOT NULL,
    permissions JSONB NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (room_id, session_id)
);
CREATE UNIQUE INDEX hosts_primary ON hosts (room_id) WHERE is_primary;

-- What happened to connections. It outlives the Rooms.
CREATE TABLE connection_events (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    code INTEGER,
    detail TEXT NOT NULL DEFAULT '',
    at TIMESTAMPTZ NOT NULL
);
CREATE INDEX connection_events_room ON connection_events (room_id, at);
CREATE INDEX connection_events_at ON connection_events (at);

-- A Room whose State was written is one in which something happened.
CREATE FUNCTION touch_room() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rooms SET active_at = NEW.updated_at
    WHERE room_id = NEW.room_id AND active_at < NEW.updated_at;
    RETURN NULL;
END
$$;
CREATE TRIGGER game_states_activity AFTER INSERT OR UPDATE ON game_states
    FOR EACH ROW EXECUTE FUNCTION touch_room();

-- Gives up the Rooms that nobody came back to, and deletes those that ended long ago.
-- A Node does the same every hour with the times that it was told.
CREATE FUNCTION cleanup_old_rooms(
    abandon_after INTERVAL DEFAULT '24 hours',
    delete_after INTERVAL DEFAULT '24 hours',
    OUT abandoned BIGINT,
    OUT deleted BIGINT
) LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM connection_events WHERE at < now() - abandon_after - delete_after;
    DELETE FROM rooms
    WHERE status IN ('closed', 'abandoned') AND ended_at < now() - delete_after;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    UPDATE rooms SET status = 'abandoned', ended_at = now()
    WHERE status = 'hibernating' AND active_at < now() - abandon_after;
    GET DIAGNOSTICS abandoned = ROW_COUNT;
END
$$;

-- How many Rooms there are by status, and how many members are connected to them.
CREATE VIEW room_stats AS
SELECT
    r.status,
    COUNT(*) AS rooms,
    CAST(COALESCE(SUM(m.online), 0) AS BIGINT) AS members
FROM rooms r
LEFT JOIN (
    SELECT room_id, COUNT(*) AS online FROM room_members WHERE is_connected
    GROUP BY room_id
) m ON m.room_id = r.room_id
GROUP BY r.status;

INSERT INTO schema_version (version, name, applied_at)
VALUES (1, 'rooms', now());

-- Version 2: table_chunks

-- The rows of the Tables of a Room, apart from its snapshot: those of 512 ids in each.
CREATE TABLE table_chunks (
    room_id TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    table_key BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    number BIGINT NOT NULL,
    row_count INTEGER NOT NULL,
    payload BYTEA NOT NULL,
    checksum BYTEA NOT NULL,
    PRIMARY KEY (room_id, table_key, chunk)
);
ALTER TABLE table_chunks ALTER COLUMN payload SET STORAGE EXTERNAL;

INSERT INTO schema_version (version, name, applied_at)
VALUES (2, 'table_chunks', now());

-- Version 3: npcs

-- A world whose entities are here, and who writes it: a Room, by its epoch.
CREATE TABLE npc_worlds (
    world TEXT PRIMARY KEY,
    epoch BIGINT NOT NULL CHECK (epoch > 0),
    next_id BIGINT NOT NULL
);

-- Entities, as they were when they were last written back. They outlive the Rooms.
CREATE TABLE npcs (
    world TEXT NOT NULL,
    id BIGINT NOT NULL,
    region BIGINT NOT NULL,
    x DOUBLE PRECISION,
    y DOUBLE PRECISION,
    kind TEXT,
    attributes JSONB NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (world, id)
);
CREATE INDEX npcs_region ON npcs (world, region, id);

INSERT INTO schema_version (version, name, applied_at)
VALUES (3, 'npcs', now());

COMMIT;
