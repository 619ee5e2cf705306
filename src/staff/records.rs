//! What the journal keeps of staff, devices and sessions: never a PIN, a code or a token.

use serde::Serialize;

use super::model::{Device, Staff};
use crate::kernel::money::Money;

#[derive(Serialize)]
pub(super) struct StaffRecord<'a> {
    id: i64,
    name: &'a str,
    role: &'static str,
    archived: bool,
    hourly_wage: Option<i64>,
    tip_share: i64,
    pin_set: bool,
}

impl<'a> StaffRecord<'a> {
    pub(super) fn of(staff: &'a Staff, pin_set: bool) -> Self {
        let Staff { id, name, role, archived, hourly_wage, tip_share } = staff;
        let (hourly_wage, tip_share) = (hourly_wage.map(Money::minor), *tip_share);
        Self { id: id.get(), name, role: role.as_str(), archived: *archived, hourly_wage, tip_share, pin_set }
    }
}

#[derive(Serialize)]
pub(super) struct DeviceRecord<'a> {
    id: i64,
    name: &'a str,
    kind: &'static str,
    role: Option<&'static str>,
}

impl<'a> DeviceRecord<'a> {
    pub(super) fn of(device: &'a Device) -> Self {
        let role = device.role.map(|role| role.as_str());
        Self { id: device.id.get(), name: &device.name, kind: device.kind(), role }
    }
}

#[derive(Serialize)]
pub(super) struct SessionRecord {
    pub(super) session: i64,
}

/// A PIN that was refused, and how many before it in a row.
#[derive(Serialize)]
pub(super) struct RefusedRecord {
    pub(super) failures: i64,
}

/// Wrong PINs forgotten on a manager's word: how many, at the terminal that had most.
#[derive(Serialize)]
pub(super) struct UnlockedRecord {
    pub(super) failures: i64,
}

/// A look at the stats page.
#[derive(Serialize)]
pub(super) struct ViewingRecord {
    pub(super) stats_session: i64,
}
