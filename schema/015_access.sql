-- Who gets in: sessions end when nobody uses them, and tries for the stats page outlive the process.

-- when a call last came with its token, to a minute; 0: none was kept yet
alter table sessions add column seen_at_ms integer not null default 0;

-- wrong PINs in a row at the stats page, by what was typed for a name and by the address it came from; of
-- either its SHA-256, since somebody may type anything in the place of a name
create table stats_tries (
  who_hash   blob not null primary key check (length(who_hash) = 32),
  failures   integer not null check (failures >= 0),
  last_at_ms integer not null
) strict, without rowid;
create index stats_tries_by_last on stats_tries (last_at_ms);
