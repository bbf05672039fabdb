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
