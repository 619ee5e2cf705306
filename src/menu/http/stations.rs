//! `DELETE /stations/{id}`. It stands here since only the menu knows what is cooked where; the room,
//! which keeps the stations, is below it.

use actix_web::web::Path;
use actix_web::{HttpResponse, delete};
use utoipa_actix_web::service_config::ServiceConfig;

use super::stamp;
use crate::error::{Refusal, Result};
use crate::floor;
use crate::kernel::ids::StationId;
use crate::menu::ops;
use crate::web::{Reply, Write, list, right};

pub(super) fn configure(cfg: &mut ServiceConfig<'_>) {
    cfg.service(remove);
}

/// Archives it; refused while items are cooked there, and for the default one.
#[utoipa::path(tag = "floor", responses((status = 204)))]
#[delete("/api/v1/stations/{id}")]
async fn remove(write: Write<right::EditFloor>, id: Path<i64>) -> Result<HttpResponse> {
    let id = StationId::new(list::id(*id)?);
    let clock = write.call.house.clock.clone();
    write
        .call
        .commit(move |tx, by| {
            if let Some(item) = ops::cooked_at(tx, id)? {
                return Err(Refusal::InUse.because(format!("{item} is cooked there.")).into());
            }
            floor::ops::remove_station(tx, &stamp(tx, clock.as_ref(), by)?, id)?;
            Ok(Reply::none())
        })
        .await
}
