//! What can go wrong: a [`Refusal`] is expected and explained to whoever asked;
//! a [`Fault`] is ours, goes to the log, and shows the client a request id only.
//!
//! The vocabulary below is the one table from refusals to HTTP.

use std::fmt;

use crate::kernel::invalid::Invalid;
use crate::kernel::money::TooLarge;
use crate::timing::Class;

pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! refusals {
    ($($variant:ident $code:literal $status:literal $title:literal;)*) => {
        /// Every way the house says no. The code is stable; the title is for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Refusal { $($variant),* }

        impl Refusal {
            pub const ALL: &[Refusal] = &[$(Refusal::$variant),*];

            /// The stable word in `code`.
            pub fn code(self) -> &'static str {
                match self { $(Refusal::$variant => $code),* }
            }

            /// The HTTP status it travels under.
            pub fn status(self) -> u16 {
                match self { $(Refusal::$variant => $status),* }
            }

            /// One sentence a waiter understands.
            pub fn title(self) -> &'static str {
                match self { $(Refusal::$variant => $title),* }
            }
        }
    };
}

refusals! {
    NotJson               "not_json"                400 "The request is not JSON as it should be.";
    BadRequest            "bad_request"             400 "The request is not HTTP as it should be.";
    KeyMissing            "idempotency_key_missing" 400 "Send an Idempotency-Key, so that a retry is safe.";
    KeyInvalid            "idempotency_key_invalid" 400 "An Idempotency-Key is 1 to 64 visible characters.";
    TokenMissing          "token_missing"           401 "Sign in first.";
    TokenInvalid          "token_invalid"           401 "This token is unknown, expired or revoked. Sign in again.";
    PinWrong              "pin_wrong"               401 "That PIN is not right.";
    CodeWrong             "pairing_code_wrong"      401 "That pairing code is wrong, used or expired.";
    Forbidden             "forbidden"               403 "This is not your job.";
    ApprovalNeeded        "approval_needed"         403 "A manager has to do this.";
    ApprovalInvalid       "approval_invalid"        403 "That approval is not good for this.";
    PinLocked             "pin_locked"              403 "Too many wrong PINs. A manager has to unlock it.";
    CrossSite             "cross_site"              403 "A page from elsewhere may not ask the till server.";
    NotFound              "not_found"               404 "There is no such thing here.";
    MethodNotAllowed      "method_not_allowed"      405 "This address does not take that method.";
    BodyTooSlow           "body_too_slow"           408 "The request did not arrive in time. Send it again.";
    TableOccupied         "table_occupied"          409 "This table already has an open order.";
    OrderClosed           "order_closed"            409 "This order is closed.";
    OrderIsEmpty          "order_is_empty"          409 "There is nothing on this order yet.";
    LineClosed            "line_closed"             409 "This line can no longer be changed.";
    AlreadySent           "already_sent"            409 "The kitchen already has this line.";
    PartOfCombo           "part_of_combo"           409 "This is part of a combo. Do it to the whole combo.";
    NothingDue            "nothing_due"             409 "There is nothing left to pay.";
    StillDue              "still_due"               409 "There is still something to pay.";
    AlreadyPaid           "already_paid"            409 "Something is already paid on this; refund it instead.";
    BelowPaid             "below_paid"              409 "The total would fall below what is already paid.";
    PaymentUnresolved     "payment_unresolved"      409 "A payment on this is not resolved yet.";
    PaymentNotCaptured    "payment_not_captured"    409 "This payment was not taken.";
    PaymentGivenBack      "payment_given_back"      409 "All of this payment went back already.";
    NotPending            "not_pending"             409 "This payment is already resolved.";
    OrdersOpen            "orders_open"             409 "There are open orders; close them or carry them over.";
    CheckJoined           "check_joined"            409 "This check was put together with another.";
    NothingToJoin         "nothing_to_join"         409 "There is no other open check to put this one on.";
    NotUndoable           "not_undoable"            409 "That can no longer be taken back.";
    DayClosed             "day_closed"              409 "This day is already closed.";
    DrawersOpen           "drawers_open"            409 "There are open drawers; close them or carry them over.";
    DrawerOpen            "drawer_open"             409 "This drawer is already open.";
    DrawerClosed          "drawer_closed"           409 "This drawer is closed.";
    CountNeeded           "count_needed"            409 "Count the drawer first.";
    CountsDiffer          "counts_differ"           409 "The two counts differ; count again together.";
    NotReversible         "not_reversible"          409 "This cannot be taken back.";
    ClockedIn             "clocked_in"              409 "You are at work already.";
    NotClockedIn          "not_clocked_in"          409 "You are not at work.";
    OnBreak               "on_break"                409 "The break has begun already.";
    NotOnBreak            "not_on_break"            409 "There is no break to end.";
    SoldOut               "sold_out"                409 "Sold out.";
    NotNowOnMenu          "not_now_on_menu"         409 "This is not sold at this time.";
    PriceChanged          "price_changed"           409 "The menu has changed since it was loaded.";
    AlreadyExists         "already_exists"          409 "There already is one of that name.";
    InUse                 "in_use"                  409 "It is still in use.";
    ChargesDiffer         "charges_differ"          409 "A service charge was taken off one of the two checks only.";
    ChargeNotOptional     "charge_not_optional"     409 "This service charge cannot be taken off.";
    AccountArchived       "account_archived"        409 "This account is closed.";
    BalanceTooLow         "balance_too_low"         409 "There is not that much on it.";
    UsedUp                "used_up"                 409 "There is nothing left on it.";
    OverLimit             "over_limit"              409 "That is more than may be owed on this account.";
    NotASale              "not_a_sale"              409 "That is no sale: it is paid for, or taken off.";
    LastOwner             "last_owner"              409 "A restaurant keeps at least one owner.";
    CurrencyFixed         "currency_fixed"          409 "The currency is fixed once something was sold.";
    Stale                 "stale"                   412 "Somebody changed this meanwhile.";
    TooLarge              "too_large"               413 "The request is too large.";
    NotJsonType           "not_json_type"           415 "Send it as application/json.";
    Invalid               "invalid"                 422 "Something in the request is not right.";
    KeyReused             "key_reused"              422 "This Idempotency-Key was used for another request.";
    CheckNeeded           "check_needed"            422 "This order has several checks; say which.";
    RangeRequired         "range_required"          422 "Say from and to, at most 92 days apart.";
    Overpaid              "overpaid"                422 "That is more than is due.";
    Underpaid             "underpaid"               422 "What was handed over does not cover the amount.";
    RefundTooHigh         "refund_too_high"         422 "That is more than was paid.";
    AmountTooLarge        "amount_too_large"        422 "That amount is too large.";
    ReasonNeeded          "reason_needed"           422 "Say why.";
    HostUnknown           "host_unknown"            421 "The till server is not known by that name.";
    TlsRequired           "tls_required"            426 "The till server is asked by https. Its page /trust says how.";
    VersionMissing        "version_missing"         428 "Send If-Match with the version you saw.";
    TooManyTries          "too_many_tries"          429 "Too many tries. Wait a moment.";
    RateLimited           "rate_limited"            429 "Too many requests. Wait a moment.";
    Busy                  "busy"                    503 "The till server is busy. Try again with the same key.";
    TookTooLong           "took_too_long"           503 "That took too long. Try again with the same key.";
    ReadOnly              "read_only"               503 "The till server's disk is full; nothing can be written until there is room.";
    Damaged               "damaged"                 503 "The till server's file is damaged; nothing more is written until a backup is restored.";
    Stopping              "stopping"                503 "The till server is stopping.";
}

/// What goes beside `detail` in a problem: small facts a terminal acts on.
#[derive(Debug, Clone, PartialEq)]
pub enum Extra {
    Int(i64),
    Text(String),
    /// Finished JSON, made where JSON is known.
    Json(Box<str>),
}

impl From<i64> for Extra {
    fn from(v: i64) -> Self {
        Extra::Int(v)
    }
}

impl From<&str> for Extra {
    fn from(v: &str) -> Self {
        Extra::Text(v.to_owned())
    }
}

impl From<String> for Extra {
    fn from(v: String) -> Self {
        Extra::Text(v)
    }
}

/// One value of a request that is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFault {
    /// JSON pointer into the body, or the query parameter's or header's name.
    pub pointer: String,
    pub invalid: Invalid,
}

/// A refusal with what is particular to this time.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    pub refusal: Refusal,
    pub detail: String,
    pub errors: Vec<InputFault>,
    pub extra: Vec<(&'static str, Extra)>,
    /// Seconds for `Retry-After`.
    pub retry_after_s: Option<u32>,
}

impl Refusal {
    /// The refusal with a sentence about this very case.
    pub fn because(self, detail: impl Into<String>) -> Refused {
        Refused { refusal: self, detail: detail.into(), errors: Vec::new(), extra: Vec::new(), retry_after_s: None }
    }
}

impl Refused {
    /// Adds a fact for the terminal to act on.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Extra>) -> Self {
        self.extra.push((name, value.into()));
        self
    }

    /// Asks the client to come back after so many seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// A single wrong value at `pointer`.
    pub fn input(pointer: impl Into<String>, invalid: Invalid) -> Self {
        let mut refused = Refusal::Invalid.because(invalid.detail.clone());
        refused.errors.push(InputFault { pointer: pointer.into(), invalid });
        refused
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        refusal.because(refusal.title())
    }
}

/// Gathers the faults of every value of a request, so that all are told at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<InputFault>);

impl Faults {
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps the value, or the fault under `pointer`.
    pub fn take<T>(&mut self, pointer: impl Into<String>, value: Result<T, Invalid>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.push(pointer, invalid);
                None
            }
        }
    }

    pub fn push(&mut self, pointer: impl Into<String>, invalid: Invalid) {
        self.0.push(InputFault { pointer: pointer.into(), invalid });
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends the gathering: a refusal naming every fault where there was one.
    pub fn finish(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let detail = match self.0.as_slice() {
            [one] => one.invalid.detail.to_string(),
            more => format!("{} values are not right.", more.len()),
        };
        let mut refused = Refusal::Invalid.because(detail);
        refused.errors = self.0;
        Err(refused.into())
    }

    /// `finish`, and the value that is there when nothing was at fault.
    pub fn with<T>(self, value: Option<T>) -> Result<T> {
        self.finish()?;
        value.ok_or_else(|| Fault::new("a value is missing though nothing was at fault").into())
    }
}

/// Something of ours is broken. The text is for the log.
#[derive(Debug)]
pub struct Fault {
    what: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Fault {
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None }
    }

    /// A fault that came from below.
    pub fn from_source(what: impl Into<String>, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { what: what.into(), source: Some(source.into()) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}

/// What every fallible operation above the kernel answers with.
#[derive(Debug)]
pub enum Error {
    Refused(Box<Refused>),
    Fault(Fault),
}

impl Error {
    /// As which kind of failure it counts.
    pub fn class(&self) -> Class {
        match self {
            Self::Refused(refused) => Class::of_status(refused.refusal.status()).unwrap_or(Class::Refused),
            Self::Fault(_) => Class::Fault,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Refused(r) => write!(f, "{}: {}", r.refusal.code(), r.detail),
            Error::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refused(Box::new(refusal.into()))
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Error::Refused(Box::new(refused))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error::Fault(fault)
    }
}

impl From<TooLarge> for Error {
    fn from(_: TooLarge) -> Self {
        Refusal::AmountTooLarge.into()
    }
}
