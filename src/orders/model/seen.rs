//! What a call says it saw of an order. Pure.

use super::Order;
use crate::error::{Refusal, Refused};
use crate::kernel::ids::{CheckId, LineId};

/// What a call with `If-Match` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Order,
    Check(CheckId),
    Line(LineId),
}

impl Order {
    /// Holds a version somebody saw against what the call is about: it passes when that is not newer.
    /// A version this order never had is stale too.
    pub fn must_match(&self, seen: &IfMatch, scope: Scope) -> Result<(), Refused> {
        let changed = match scope {
            Scope::Order => self.version,
            Scope::Check(id) => self.check(id).map_or(self.version, |check| check.version),
            Scope::Line(id) => self.lines().find(|line| line.id == id).map_or(self.version, |line| line.version),
        };
        match seen {
            IfMatch::Any => Ok(()),
            IfMatch::Versions(versions) if versions.iter().any(|v| changed <= *v && *v <= self.version) => Ok(()),
            IfMatch::Versions(_) => Err(Refusal::Stale.because("Somebody changed this order meanwhile.")),
        }
    }

    /// What answers that something named is not there: it may have gone since, so whoever saw an older version is
    /// told of that, and shown the order, before anything else.
    pub fn not_there(&self, seen: &IfMatch, why: Refused) -> Refused {
        match why.refusal.status() {
            409 => why,
            _ => self.must_match(seen, Scope::Order).err().unwrap_or(why),
        }
    }
}

/// The versions a caller says it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: whatever it is.
    Any,
    Versions(Vec<i64>),
}

impl IfMatch {
    /// From the tags of `If-Match`; `None`, 428, where none was sent.
    pub fn parse(tags: Option<Vec<String>>) -> Result<Self, Refused> {
        let tags = tags.ok_or(Refusal::VersionMissing)?;
        if tags.iter().any(|tag| tag == "*") {
            return Ok(IfMatch::Any);
        }
        let version = |tag: &String| tag.split('.').next().and_then(|v| v.parse().ok());
        Ok(IfMatch::Versions(tags.iter().filter_map(version).collect()))
    }
}
