//! What operators ask the server about itself.

mod cache;

use utoipa_actix_web::service_config::ServiceConfig;

pub fn configure(cfg: &mut ServiceConfig<'_>) {
    cache::configure(cfg);
}
