//! A record's hash and the words for what happened. Pure.

use sha2::{Digest, Sha256};

use crate::kernel::day::UtcMs;
use crate::kernel::permission::Permission;

/// The hash before the first record.
pub const GENESIS: [u8; 32] = [0; 32];

macro_rules! kinds {
    ($($variant:ident $word:literal $permission:ident;)*) => {
        /// What a record tells, and who may hear of it as a live event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($variant),* }

        impl Kind {
            pub const ALL: &[Kind] = &[$(Kind::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Kind::$variant => $word),* }
            }

            pub fn parse(word: &str) -> Option<Kind> {
                match word { $($word => Some(Kind::$variant),)* _ => None }
            }

            /// The right one needs to hear of it.
            pub fn permission(self) -> Permission {
                match self { $(Kind::$variant => Permission::$permission),* }
            }
        }
    };
}

kinds! {
    SiteCreated        "site.created"         SeeSettings;
    SettingsChanged    "settings.changed"     SeeSettings;
    ListsChanged       "lists.changed"        SeeLists;
    DevicePaired       "device.paired"        SeeDevices;
    DeviceRevoked      "device.revoked"       SeeDevices;
    StaffChanged       "staff.changed"        SeeStaff;
    SignedIn           "session.started"      SeeStaff;
    SignedOut          "session.ended"        SeeStaff;
    PinRefused         "session.refused"      SeeStaff;
    PinUnlocked        "session.unlocked"     SeeStaff;
    ApprovalGranted    "approval.granted"     SeeStaff;
    MenuChanged        "menu.changed"         SeeMenu;
    MenuImported       "menu.imported"        SeeMenu;
    AvailabilityChanged "availability.changed" SeeAvailability;
    FloorChanged       "floor.changed"        SeeFloor;
    OrderOpened        "order.opened"         SeeOrders;
    OrderChanged       "order.changed"        SeeOrders;
    OrderImported      "order.imported"       SeeOrders;
    LinesAdded         "lines.added"          SeeOrders;
    LineChanged        "line.changed"         SeeOrders;
    LinePriced         "line.priced"          SeeOrders;
    LineVoided         "line.voided"          SeeOrders;
    LineComped         "line.comped"          SeeOrders;
    CompRemoved        "comp.removed"         SeeOrders;
    DiscountGiven      "discount.given"       SeeOrders;
    DiscountRemoved    "discount.removed"     SeeOrders;
    ChargeRemoved      "service_charge.removed" SeeOrders;
    CheckOpened        "check.opened"         SeeOrders;
    CheckSplit         "check.split"          SeeOrders;
    LinesMoved         "lines.moved"          SeeOrders;
    ChecksJoined       "checks.joined"        SeeOrders;
    OrdersMerged       "orders.merged"        SeeOrders;
    SplitUndone        "split.undone"         SeeOrders;
    BillPrinted        "bill.printed"         SeeOrders;
    TicketSent         "ticket.sent"          SeeTickets;
    TicketChanged      "ticket.changed"       SeeTickets;
    CourseFired        "course.fired"         SeeTickets;
    TicketUnacknowledged "ticket.unacknowledged" SeeTickets;
    TicketAcknowledged "ticket.acknowledged"  SeeTickets;
    PaymentTaken       "payment.taken"        SeeOrders;
    PaymentResolved    "payment.resolved"     SeeOrders;
    TipChanged         "tip.changed"          SeeOrders;
    PaymentCorrected   "payment.corrected"    SeeOrders;
    Refunded           "refund.paid"          SeeOrders;
    CheckClosed        "check.closed"         SeeOrders;
    OrderVoided        "order.voided"         SeeOrders;
    ReceiptIssued      "receipt.issued"       SeeOrders;
    ReceiptPrinted     "receipt.printed"      SeeOrders;
    DrawerOpened       "drawer.opened"        SeeDrawers;
    DrawerMoved        "drawer.moved"         SeeDrawers;
    DrawerCounted      "drawer.counted"       SeeDrawers;
    DrawerClosed       "drawer.closed"        SeeDrawers;
    DrawerHandedOver   "drawer.handed_over"   SeeDrawers;
    TimeClocked        "time.clocked"         SeeTimeClock;
    TimeEdited         "time.edited"          SeeTimeClock;
    AccountOpened      "account.opened"       SeeAccounts;
    AccountChanged     "account.changed"      SeeAccounts;
    AccountIssued      "account.issued"       SeeAccounts;
    AccountCharged     "account.charged"      SeeAccounts;
    AccountRedeemed    "account.redeemed"     SeeAccounts;
    AccountPaid        "account.paid"         SeeAccounts;
    AccountRefunded    "account.refunded"     SeeAccounts;
    AccountPaidOut     "account.paid_out"     SeeAccounts;
    AccountCorrected   "account.corrected"    SeeAccounts;
    DayClosed          "day.closed"           SeeDay;
    RollupsRepaired    "rollups.repaired"     SeeDay;
    SiteRestored       "site.restored"        SeeSettings;
    ClockConfirmed     "clock.confirmed"      SeeSettings;
}

/// What a record says of the clock that gave it its time: that it is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// It stands behind the record before, or behind the business day that has begun.
    Behind,
    /// It shows more than a day later than the record before.
    Ahead,
}

/// By less than this a clock is kept right from the network, in ms.
const SLIGHT_MS: i64 = 2_000;
/// A house that was closed for so long, or a clock that leapt: somebody has to say which, in ms.
const LEAP_MS: i64 = 24 * 3_600_000;

impl Jump {
    pub fn as_str(self) -> &'static str {
        match self {
            Jump::Behind => "behind",
            Jump::Ahead => "ahead",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Jump::Behind, Jump::Ahead].into_iter().find(|jump| jump.as_str() == word)
    }

    /// What a clock did that shows `at`, after a record of the time `last`.
    pub fn between(last: UtcMs, at: UtcMs) -> Option<Self> {
        match at.since_ms(last) {
            ms if ms < -SLIGHT_MS => Some(Jump::Behind),
            ms if ms > LEAP_MS => Some(Jump::Ahead),
            _ => None,
        }
    }

    fn around(self) -> (String, &'static str) {
        (format!("{{\"clock\":\"{}\",\"of\":", self.as_str()), "}")
    }

    /// The payload of a record whose clock did that.
    pub fn mark(self, payload: &str) -> String {
        let (before, after) = self.around();
        [&before, payload, after].concat()
    }

    /// What a record's payload says of its clock.
    pub fn of(payload: &str) -> Option<Self> {
        [Jump::Behind, Jump::Ahead].into_iter().find(|jump| payload.starts_with(&jump.around().0))
    }
}

/// A record's payload without what its clock says.
pub fn told(payload: &str) -> &str {
    let Some(jump) = Jump::of(payload) else { return payload };
    let (before, after) = jump.around();
    payload.strip_prefix(&before).and_then(|rest| rest.strip_suffix(after)).unwrap_or(payload)
}

/// All that a record's hash covers, in the order of the columns.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    pub site_uuid: &'a str,
    pub seq: i64,
    pub epoch: i64,
    pub kind: &'a str,
    pub at_utc_ms: i64,
    pub business_date: &'a str,
    pub device: Option<i64>,
    pub staff: Option<i64>,
    pub subject: i64,
    pub version: i64,
    pub payload: &'a str,
    pub prev_hash: &'a [u8],
}

/// SHA-256 over the site, the previous hash and every other column, each preceded by its length as
/// eight big-endian bytes; integers as eight big-endian bytes, an absent one as nothing.
pub fn hash(c: &Columns<'_>) -> [u8; 32] {
    let mut sha = Sha256::new();
    let mut part = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_be_bytes());
        sha.update(bytes);
    };
    part(c.site_uuid.as_bytes());
    part(c.prev_hash);
    part(&c.seq.to_be_bytes());
    part(&c.epoch.to_be_bytes());
    part(c.kind.as_bytes());
    part(&c.at_utc_ms.to_be_bytes());
    part(c.business_date.as_bytes());
    for id in [c.device, c.staff] {
        match id {
            Some(id) => part(&id.to_be_bytes()),
            None => part(&[]),
        }
    }
    part(&c.subject.to_be_bytes());
    part(&c.version.to_be_bytes());
    part(c.payload.as_bytes());
    sha.finalize().into()
}
