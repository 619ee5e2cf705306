//! Times of the week on the wire: when something is sold.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::too_many;
use crate::error::Faults;
use crate::kernel::day::BusinessDate;
use crate::kernel::invalid::Invalid;
use crate::kernel::service::Service;
use crate::menu::model::{SoldTime, WINDOWS_MAX, Window, hh_mm, minute, weekdays};

/// A time of the week by the clock on the wall, in which something is sold.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowBody {
    /// `mon` … `sun` on which it opens; every day unless told.
    weekdays: Option<Vec<String>>,
    /// `17:00`.
    from: String,
    /// `19:00`; `24:00` is midnight, and below `from` it is on the day after.
    to: String,
    /// The first and the last date on which it opens.
    valid_from: Option<String>,
    valid_to: Option<String>,
    /// `dine_in` or `takeaway`: only to be eaten so; either way unless told.
    service: Option<String>,
}

/// The same, by its parts, each with its pointer.
pub(super) struct Said<'a> {
    pub weekdays: Option<&'a [String]>,
    pub from: &'a str,
    pub to: &'a str,
    pub valid_from: Option<&'a str>,
    pub valid_to: Option<&'a str>,
}

impl Said<'_> {
    pub(super) fn parse(&self, faults: &mut Faults, at: &str) -> Option<Window> {
        let days = faults.take(format!("{at}/weekdays"), weekdays(self.weekdays.unwrap_or_default()));
        let from = faults.take(format!("{at}/from"), minute(self.from));
        let to = faults.take(format!("{at}/to"), minute(self.to));
        let mut date = |field: &str, text: Option<&str>| {
            let parsed: Result<Option<BusinessDate>, Invalid> = text.map(BusinessDate::parse).transpose();
            faults.take(format!("{at}/{field}"), parsed)
        };
        let (first, last) = (date("valid_from", self.valid_from), date("valid_to", self.valid_to));
        match Window::new(days?, from?, to?, first?, last?) {
            Ok(window) => Some(window),
            Err((field, invalid)) => {
                faults.push(format!("{at}{field}"), invalid);
                None
            }
        }
    }
}

impl WindowBody {
    fn parse(&self, faults: &mut Faults, at: &str) -> Option<SoldTime> {
        let said = Said {
            weekdays: self.weekdays.as_deref(),
            from: &self.from,
            to: &self.to,
            valid_from: self.valid_from.as_deref(),
            valid_to: self.valid_to.as_deref(),
        };
        let window = said.parse(faults, at);
        let service = self.service.as_deref().map(Service::parse).transpose();
        let service = faults.take(format!("{at}/service"), service);
        Some(SoldTime { window: window?, service: service? })
    }
}

/// When something is sold.
pub(super) fn parse(faults: &mut Faults, pointer: &str, bodies: &[WindowBody]) -> Vec<SoldTime> {
    too_many(faults, pointer, bodies.len(), WINDOWS_MAX);
    let parsed = bodies.iter().enumerate().map(|(at, body)| body.parse(faults, &format!("{pointer}/{at}")));
    parsed.flatten().collect()
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WindowView {
    weekdays: Vec<&'static str>,
    from: String,
    to: String,
    valid_from: Option<String>,
    valid_to: Option<String>,
    /// Only to be eaten so; null: either way.
    service: Option<&'static str>,
}

impl WindowView {
    fn of(time: &SoldTime) -> Self {
        let it = &time.window;
        Self {
            weekdays: it.weekday_words(),
            from: hh_mm(it.from_min()),
            to: hh_mm(it.to_min()),
            valid_from: it.valid_from.map(|date| date.to_string()),
            valid_to: it.valid_to.map(|date| date.to_string()),
            service: time.service.map(Service::as_str),
        }
    }

    pub(super) fn all(times: &[SoldTime]) -> Vec<Self> {
        times.iter().map(Self::of).collect()
    }
}
