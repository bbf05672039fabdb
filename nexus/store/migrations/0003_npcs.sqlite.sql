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
    attributes TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (world, id)
);
CREATE INDEX npcs_region ON npcs (world, region, id);
