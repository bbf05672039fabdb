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
    attributes TEXT NOT NULL,
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
    chain BLOB NOT NULL,
    payload BLOB NOT NULL,
    checksum BLOB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- What a Room did after its snapshot, in order.
CREATE TABLE journal (
    room_id TEXT NOT NULL REFERENCES rooms ON DELETE CASCADE,
    number BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    version BIGINT NOT NULL,
    chain BLOB NOT NULL,
    payload BLOB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (room_id, number)
);

-- The State of a Room for people, as of its snapshot; nothing is restored from it.
CREATE TABLE game_states (
    room_id TEXT PRIMARY KEY REFERENCES rooms ON DELETE CASCADE,
    version BIGINT NOT NULL,
    state_data TEXT NOT NULL,
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
    permissions TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (room_id, session_id)
);
CREATE UNIQUE INDEX hosts_primary ON hosts (room_id) WHERE is_primary;

-- What happened to connections. It outlives the Rooms.
CREATE TABLE connection_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
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
CREATE TRIGGER game_states_inserted AFTER INSERT ON game_states
BEGIN
    UPDATE rooms SET active_at = NEW.updated_at
    WHERE room_id = NEW.room_id AND active_at < NEW.updated_at;
END;
CREATE TRIGGER game_states_updated AFTER UPDATE ON game_states
BEGIN
    UPDATE rooms SET active_at = NEW.updated_at
    WHERE room_id = NEW.room_id AND active_at < NEW.updated_at;
END;

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
