//! The history's own file and its statements. It is no part of the restaurant's schema: whoever deletes
//! it loses curves, not money.

use crate::store::Statement;

/// Points of minutes (`step` 60) and hours (3600); `at` is where each begins, in s of UTC.
pub(super) const SCHEMA: &str = "create table points (
       step   integer not null check (step in (60, 3600)),
       metric integer not null,
       at     integer not null,
       value  integer not null,
       primary key (step, metric, at)
     ) strict, without rowid;
     create table facts (name text primary key, value integer not null) strict, without rowid;
     create table plans (statement text primary key, plan text not null) strict, without rowid;";

/// Of [`SCHEMA`]; a file of another version is set aside.
pub(super) const VERSION: i64 = 1;

/// ?1 step, ?2 metric, ?3 at, ?4 value; a point that is there already is added to.
pub(super) static ADD: Statement = Statement::new(
    "history.add",
    "insert into points (step, metric, at, value) values (?1, ?2, ?3, ?4)
     on conflict do update set value = value + excluded.value",
);

pub(super) static HIGHEST: Statement = Statement::new(
    "history.highest",
    "insert into points (step, metric, at, value) values (?1, ?2, ?3, ?4)
     on conflict do update set value = max(value, excluded.value)",
);

pub(super) static LOWEST: Statement = Statement::new(
    "history.lowest",
    "insert into points (step, metric, at, value) values (?1, ?2, ?3, ?4)
     on conflict do update set value = min(value, excluded.value)",
);

/// ?1 step, ?2 the first that stays, ?3 a metric that every minute has, ?4 s: of the oldest no more than that.
pub(super) static FORGET_OLD: Statement = Statement::new(
    "history.forget_old",
    "delete from points where step = ?1
       and at < min(?2, (select coalesce(min(at), ?2) from points where step = ?1 and metric = ?3) + ?4)",
);

/// The same from the other end: ?2 the last that stays. A clock that was wrong may have left some in the future.
pub(super) static FORGET_FUTURE: Statement = Statement::new(
    "history.forget_future",
    "delete from points where step = ?1
       and at > max(?2, (select coalesce(max(at), ?2) from points where step = ?1 and metric = ?3) - ?4)",
);

/// ?1 step, ?2 metric, ?3 from, ?4 to, both inclusive, ?5 how many at most.
pub(super) static SERIES: Statement = Statement::new(
    "history.series",
    "select at, value from points where step = ?1 and metric = ?2 and at between ?3 and ?4 order by at limit ?5",
);

pub(super) static COUNT: Statement = Statement::new(
    "history.count",
    "select count(*) filter (where step = 60), count(*) filter (where step = 3600) from points",
);

pub(super) static FACT: Statement = Statement::new("history.fact", "select value from facts where name = ?1");

/// The first word stands.
pub(super) static FACT_KEEP: Statement =
    Statement::new("history.keep_fact", "insert into facts (name, value) values (?1, ?2) on conflict do nothing");

pub(super) static PLANS: Statement = Statement::new("history.plans", "select statement, plan from plans");

pub(super) static PLAN_KEEP: Statement = Statement::new(
    "history.keep_plan",
    "insert into plans (statement, plan) values (?1, ?2) on conflict do update set plan = excluded.plan",
);

pub(super) static PLANS_FORGET: Statement = Statement::new("history.forget_plans", "delete from plans");
