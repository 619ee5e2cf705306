//! What a request brings that its handler's types do not say: the bounds of what many calls share.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Required, SchemaFormat, Type};

use crate::store::SIZE_MAX;
use crate::web::KEY_CHARS_MAX;

/// Business dates; the moments of this one's are times.
const TIMES: &str = "/api/v1/stats/history";

/// Completes the query of an operation.
pub(super) fn complete(path: &str, operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema else { continue };
        match (&parameter.parameter_in, parameter.name.as_str()) {
            (ParameterIn::Query, "page") => {
                (schema.minimum, schema.maximum) = (Some(1.into()), Some(u32::MAX.into()));
            }
            (ParameterIn::Query, "limit") => {
                (schema.minimum, schema.maximum) = (Some(1.into()), Some(SIZE_MAX.into()));
            }
            (ParameterIn::Query, "from" | "to" | "business_date") if path != TIMES => {
                schema.format = Some(SchemaFormat::KnownFormat(KnownFormat::Date));
            }
            _ => {}
        }
    }
}

/// The `Idempotency-Key` of a changing call.
pub(super) fn key(required: bool) -> Parameter {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(KEY_CHARS_MAX))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(if required { Required::True } else { Required::False })
        .description(Some("1 to 64 visible characters; the same key and request have one effect and one answer."))
        .schema(Some(schema))
        .build()
}
