-- Where the machine's clock fell behind the journal's last record or leapt a day ahead: the record that says so,
-- what the clock showed, and the record of whoever confirmed it.
create table clock_jumps (
  -- of the first record after it
  seq           integer primary key,
  direction     text not null check (direction in ('behind', 'ahead')),
  -- what the record before says, and what the clock showed then
  from_ms       integer not null,
  to_ms         integer not null,
  confirmed_seq integer
) strict;

create index clock_jumps_unconfirmed on clock_jumps (seq) where confirmed_seq is null;
