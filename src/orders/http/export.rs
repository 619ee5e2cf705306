//! Orders for another program, however many: NDJSON, an order a line, or CSV, a line of an order a row.
//!
//! Orders come by business date, then id, in chunks, each read in a snapshot that is closed before the
//! chunk is sent. So a slow reader holds nothing up and the memory is that of one chunk; an order that
//! changes meanwhile is told as it is when its chunk is read.

use actix_web::http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, HeaderMap, VARY};
use actix_web::web::{Bytes, block};
use actix_web::{HttpRequest, HttpResponse, get};
use futures_util::stream;
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::OrderView;
use crate::cache::Packer;
use crate::error::{Error, Fault, Faults, Refusal, Refused, Result};
use crate::journal;
use crate::kernel::day::{BusinessDate, Zone};
use crate::kernel::ids::OrderId;
use crate::kernel::invalid::Invalid;
use crate::orders::load;
use crate::orders::model::{Check, Line, Order};
use crate::orders::sql::list;
use crate::store;
use crate::web::guard::{self, Comes, TokenHash};
use crate::web::{BY_FORM_AND_CODING, House, Query, Read, right};

/// Orders in a chunk: some hundred kilobytes, and some milliseconds of a reader.
const CHUNK: u32 = 50;

/// Inclusive business dates of opening; without them from the first, to the last.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct Range {
    from: Option<String>,
    to: Option<String>,
}

/// What a line of the export is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Ndjson,
    Csv,
}

impl Form {
    fn wanted(headers: &HeaderMap) -> Self {
        let accept = headers.get(ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let named = |kind: &str| accept.split(',').position(|part| part.split(';').next().unwrap_or("").trim() == kind);
        match (named("text/csv"), named("application/x-ndjson")) {
            (Some(csv), Some(ndjson)) if ndjson < csv => Form::Ndjson,
            (Some(_), _) => Form::Csv,
            (None, _) => Form::Ndjson,
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Form::Ndjson => "application/x-ndjson",
            Form::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Where an export stands.
#[derive(Debug, Clone)]
pub struct Walk {
    form: Form,
    day: Option<BusinessDate>,
    after: OrderId,
    to: BusinessDate,
    begun: bool,
}

impl Walk {
    /// # Errors
    /// Dates that are none, or in the wrong order.
    pub fn parse(from: Option<&str>, to: Option<&str>, form: Form) -> Result<Self> {
        let mut faults = Faults::new();
        let mut date = |name: &str, text: Option<&str>, other: BusinessDate| {
            text.map_or(Some(other), |text| faults.take(name, BusinessDate::parse(text)))
        };
        let (first, last) = (BusinessDate::new(0), BusinessDate::new(2_932_896));
        let days = date("from", from, first).zip(date("to", to, last));
        let (day, to) = faults.with(days)?;
        if to < day {
            let invalid = Invalid::range(format!("to ({to}) lies before from ({day})"));
            return Err(Refused::input("to", invalid).into());
        }
        Ok(Self { form, day: Some(day), after: OrderId::new(0), to, begun: false })
    }

    /// The next chunk of at most `size` orders, in its form; `None` after the last.
    pub fn next(&mut self, db: &impl store::Read, size: u32) -> Result<Option<Vec<u8>>> {
        let zone = journal::ops::calendar(db)?.zone;
        let mut out = Vec::new();
        if !self.begun && self.form == Form::Csv {
            out.extend_from_slice(COLUMNS.join(",").as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        self.begun = true;
        let mut left = size;
        while let Some(day) = self.day.filter(|_| left > 0) {
            let ids = db.all(&list::OF_DAY_AFTER, (day, self.after, left), |row| row.get::<_, OrderId>(0))?;
            for id in &ids {
                self.write(&load::order(db, *id)?, &zone, &mut out)?;
            }
            // No more than asked for: a count of ids is at most `left`.
            left -= u32::try_from(ids.len()).unwrap_or(left);
            match ids.last() {
                Some(last) if left == 0 => self.after = *last,
                _ => {
                    let next = (day.plus_days(1), self.to);
                    let found = db.one(&list::NEXT_DAY, next, |row| row.get::<_, Option<BusinessDate>>(0))?;
                    (self.day, self.after) = (found, OrderId::new(0));
                }
            }
        }
        Ok((!out.is_empty()).then_some(out))
    }

    fn write(&self, order: &Order, zone: &Zone, out: &mut Vec<u8>) -> Result<()> {
        match self.form {
            Form::Ndjson => {
                let view = OrderView::of(order, zone)?;
                serde_json::to_writer(&mut *out, &view)
                    .map_err(|e| Fault::from_source("an order does not serialise", e))?;
                out.push(b'\n');
            }
            Form::Csv => {
                let mut rows = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut *out);
                let lines = order.checks.iter().flat_map(|check| check.lines.iter().map(move |line| (check, line)));
                for (check, line) in lines {
                    let written = rows.write_record(columns(order, check, line, zone));
                    written.map_err(|e| Fault::from_source("an order is not written as CSV", e))?;
                }
                rows.flush().map_err(|e| Fault::from_source("an order is not written as CSV", e))?;
            }
        }
        Ok(())
    }
}

/// total = list_amount − comp − discount + the tax that is not included; of a voided line, nothing.
const COLUMNS: [&str; 26] = [
    "order_id",
    "display_number",
    "kind",
    "order_state",
    "business_date",
    "opened_at",
    "closed_at",
    "check_id",
    "closed_business_date",
    "receipt_number",
    "line_id",
    "item_id",
    "variant_id",
    "name",
    "variant",
    "quantity",
    "measure",
    "unit_price",
    "modifiers",
    "state",
    "list_amount",
    "comp",
    "discount",
    "net",
    "tax",
    "total",
];

fn columns(o: &Order, check: &Check, line: &Line, zone: &Zone) -> [String; 26] {
    let a = line.amounts;
    let or_none = |of: Option<String>| of.unwrap_or_default();
    [
        o.id.to_string(),
        o.display_number.to_string(),
        o.kind.as_str().to_owned(),
        o.state.as_str().to_owned(),
        o.date.to_string(),
        o.opened_at.rfc3339(zone),
        or_none(o.closed_at.map(|at| at.rfc3339(zone))),
        check.id.to_string(),
        or_none(check.closed_date.map(|date| date.to_string())),
        or_none(check.receipt.map(|(_, number)| number.to_string())),
        line.id.to_string(),
        line.item.to_string(),
        line.variant.to_string(),
        line.name.clone(),
        line.variant_name.clone(),
        line.quantity.whole().to_string(),
        or_none(line.measure.map(|measure| measure.to_string())),
        line.unit_price.minor().to_string(),
        modifiers(line),
        line.state().as_str().to_owned(),
        a.list.minor().to_string(),
        a.comp.minor().to_string(),
        a.discount.minor().to_string(),
        a.net.minor().to_string(),
        a.tax.minor().to_string(),
        a.total.minor().to_string(),
    ]
}

/// `1 Bacon 150; 2 Egg 100`: how often an option was chosen for each of the dish, and its price in minor units.
fn modifiers(line: &Line) -> String {
    let told = line.modifiers.iter().map(|m| format!("{} {} {}", m.quantity, m.name, m.price.minor()));
    told.collect::<Vec<_>>().join("; ")
}

/// An export under way.
struct Sending {
    /// Read before the stream began.
    first: Option<Vec<u8>>,
    walk: Walk,
    packer: Packer,
}

impl Sending {
    /// The next bytes, and what is left to send after them.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`] where whoever asked is nobody any more.
    async fn step(self, house: &House, token: TokenHash) -> Result<(Bytes, Option<Self>)> {
        let Self { first, mut walk, mut packer } = self;
        let (chunk, walk) = match first {
            Some(first) => (Some(first), walk),
            None => {
                guard::actor_of(token, Comes::Stream, house.auth.as_ref(), house.clock.now()).await?;
                house.store.read(move |db| Ok((walk.next(db, CHUNK)?, walk))).await?
            }
        };
        // With no reader held.
        let pack = move || match chunk {
            Some(chunk) => packer.pack(chunk).map(|bytes| (bytes, Some(packer))),
            None => packer.end().map(|bytes| (bytes, None)),
        };
        let packed = block(pack).await.map_err(|e| Fault::from_source("an export is not packed", e))?;
        let (bytes, packer) = packed.map_err(|e| Fault::from_source("an export is not packed", e))?;
        Ok((bytes.into(), packer.map(|packer| Self { first: None, walk, packer })))
    }
}

/// Every order of a range of days, as a stream.
#[utoipa::path(tag = "orders", params(Range), responses((status = 200, description = "NDJSON or CSV", body = String)))]
#[get("/api/v1/export/orders")]
pub(super) async fn export(read: Read<right::Export>, query: Query<Range>, req: HttpRequest) -> Result<HttpResponse> {
    let form = Form::wanted(req.headers());
    let mut walk = Walk::parse(query.0.from.as_deref(), query.0.to.as_deref(), form)?;
    let (house, store) = (read.house.clone(), read.house.store.clone());
    let token = guard::token_of(req.headers()).ok_or(Refusal::TokenMissing)?;
    // The first chunk before the head, so that what is refused is refused in so many words.
    let (first, walk) = store.read(move |db| Ok((walk.next(db, CHUNK)?, walk))).await?;
    let accept_encoding = req.headers().get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok());
    let packer = Packer::new(accept_encoding, first.as_ref().map_or(0, Vec::len));
    let coding = packer.coding();
    let chunks = stream::unfold(Some(Sending { first, walk, packer }), move |sending| {
        let house = house.clone();
        async move {
            match sending?.step(&house, token).await {
                Ok((bytes, rest)) => Some((Ok(bytes), rest)),
                // The stream breaks off without its end, so that nobody takes a part for the whole.
                Err(error) => {
                    log::error!("an export broke off: {error}");
                    Some((Err::<_, Error>(error), None))
                }
            }
        }
    });
    let mut answer = HttpResponse::Ok();
    answer.content_type(form.content_type());
    answer.insert_header((CACHE_CONTROL, "no-store")).insert_header((VARY, BY_FORM_AND_CODING));
    if let Some(name) = coding.name() {
        answer.insert_header((CONTENT_ENCODING, name));
    }
    Ok(answer.streaming(Box::pin(chunks)))
}
