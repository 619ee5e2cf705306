-- What is sold only as it is eaten in, or only to take away: a window is of either, or of both.
alter table sold_times add column service text check (service = 'dine_in' or service = 'takeaway');
