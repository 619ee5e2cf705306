//! What an answer is that its handler's return type does not say: lists in their envelope, and papers in
//! other forms than JSON.

use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Schema, SchemaType};
use utoipa::openapi::{Components, Content, ContentBuilder, ObjectBuilder, Ref, RefOr, Type};

const JSON: &str = "application/json";
const PAGE: &str = "PageNumbers";
/// Answered also as text of 42 columns and as HTML.
const PAPER: &str = "#/components/schemas/Receipt";

/// What lists share.
pub(super) fn common(components: &mut Components) {
    let names = ["number", "size", "total", "pages"];
    let page = ObjectBuilder::new().description(Some("Where a numbered page stands; `total` is exact."));
    let number = || ObjectBuilder::new().schema_type(Type::Integer);
    let page = names.iter().fold(page, |page, name| page.property(*name, number()).required(*name));
    components.schemas.insert(PAGE.to_owned(), page.into());
}

/// Completes what an operation answers with when all went well.
pub(super) fn complete(path: &str, operation: &mut Operation) {
    for (_, response) in operation.responses.responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
        let RefOr::T(response) = response else { continue };
        if path == "/api/v1/export/orders" {
            response.content = ["application/x-ndjson", "text/csv"].map(|form| (form.to_owned(), text())).into();
            continue;
        }
        let Some(RefOr::T(content)) = response.content.get_mut(JSON) else { continue };
        match content.schema.take() {
            Some(RefOr::T(Schema::Array(list))) => content.schema = Some(envelope(RefOr::T(Schema::Array(list)))),
            Some(RefOr::Ref(to)) if to.ref_location == PAPER => {
                content.schema = Some(RefOr::Ref(to));
                for form in ["text/plain", "text/html"] {
                    response.content.insert(form.to_owned(), text());
                }
            }
            other => content.schema = other,
        }
    }
}

fn text() -> RefOr<Content> {
    let schema: RefOr<Schema> = ObjectBuilder::new().schema_type(Type::String).into();
    RefOr::T(ContentBuilder::new().schema(Some(schema)).build())
}

/// A page of a list, as every list is answered.
fn envelope(items: RefOr<Schema>) -> RefOr<Schema> {
    let cursor = ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::String, Type::Null]))
        .description(Some("For `cursor`; null on the last page."));
    ObjectBuilder::new()
        .property("items", items)
        .required("items")
        .property("page", Ref::from_schema_name(PAGE))
        .property("next_cursor", cursor)
        .required("next_cursor")
        .property("has_more", ObjectBuilder::new().schema_type(Type::Boolean))
        .required("has_more")
        .into()
}
