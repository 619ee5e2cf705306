-- An answer that is kept for a retry and longer than a kilobyte is packed by zstd, so that several share a
-- page and an order writes half the pages; this is how long it was before. Null: it stands as it was sent.
alter table idempotency_keys add column unpacked_bytes integer check (unpacked_bytes > 0);
