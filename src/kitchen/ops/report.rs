//! How long the kitchen took, read from its tickets.

use crate::error::Result;
use crate::floor;
use crate::journal::ops::Calendar;
use crate::kernel::ids::StationId;
use crate::kitchen::model::times::{Times, TimesBy, TimesRow, Took, rows};
use crate::kitchen::sql;
use crate::reports::model::Span;
use crate::store::Read;

/// Tickets that were sent on these days and are ready, and how long they took; by item each line of one counts.
pub fn times(db: &impl Read, calendar: &Calendar, span: Span, by: TimesBy) -> Result<(Vec<TimesRow>, Times)> {
    let range = (calendar.begin_of(span.from), calendar.begin_of(span.to.plus_days(1)));
    let tickets = db.all(&sql::TOOK, range, |row| Ok((sql::took(row)?, row.get::<_, StationId>(4)?)))?;
    let whole = Times::of(&tickets.iter().map(|(took, _)| *took).collect::<Vec<_>>());
    let keyed: Vec<(i64, String, Took)> = match by {
        TimesBy::Station => {
            let names = floor::ops::station_names(db)?;
            let name = |id: StationId| names.iter().find(|(of, _)| *of == id).map(|(_, name)| name.clone());
            tickets.into_iter().map(|(took, id)| (id.get(), name(id).unwrap_or_default(), took)).collect()
        }
        TimesBy::Hour => {
            let keyed = |(took, _): (Took, StationId)| {
                let hour = took.hour(&calendar.zone);
                (hour, format!("{hour:02}:00"), took)
            };
            tickets.into_iter().map(keyed).collect()
        }
        TimesBy::Item => db.all(&sql::TOOK_BY_ITEM, range, |row| {
            let item: Option<i64> = row.get(4)?;
            Ok((item.unwrap_or(0), row.get(5)?, sql::took(row)?))
        })?,
    };
    Ok((rows(keyed), whole))
}
