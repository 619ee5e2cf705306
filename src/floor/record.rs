//! What the journal keeps of an edit of the room.

use serde_json::{Value, json};

use super::model::{Area, Station, Table};

pub(super) fn area(edit: &str, it: &Area) -> Value {
    json!({"id": it.id.get(), "of": "area", "edit": edit, "name": it.name})
}

pub(super) fn table(edit: &str, it: &Table) -> Value {
    json!({"id": it.id.get(), "of": "table", "edit": edit, "name": it.name, "area_id": it.area.get(), "seats": it.seats})
}

pub(super) fn station(edit: &str, it: &Station) -> Value {
    json!({
        "id": it.id.get(), "of": "station", "edit": edit, "name": it.name, "is_default": it.is_default, "expo": it.expo,
        "late_after_s": it.limits.late_after_s, "ack_within_s": it.limits.ack_within_s,
    })
}
