-- The menu's version at which what GET /menu shows of an item, availability apart, was last changed. Who
-- keeps an item as it was rendered knows from here, in the snapshot it reads everything else from, whether
-- that still holds.
alter table items add column edited integer not null default 1 check (edited >= 1);
