//! Who may do what: one table from roles to permissions.

use super::invalid::Invalid;

/// What somebody was hired for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Owner,
    Manager,
    Cashier,
    Waiter,
    Kitchen,
    /// Reads everything, changes nothing.
    Auditor,
}

impl Role {
    pub const ALL: [Role; 6] = [Role::Owner, Role::Manager, Role::Cashier, Role::Waiter, Role::Kitchen, Role::Auditor];

    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let role = Self::ALL.into_iter().find(|role| role.as_str() == text);
        role.ok_or_else(|| Invalid::new("unknown_value", "one of owner, manager, cashier, waiter, kitchen, auditor"))
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Manager => "manager",
            Role::Cashier => "cashier",
            Role::Waiter => "waiter",
            Role::Kitchen => "kitchen",
            Role::Auditor => "auditor",
        }
    }

    pub fn may(self, permission: Permission) -> bool {
        permission.roles() & (1 << self as u8) != 0
    }

    /// Whether a manager's yes helps: the kitchen is to see no amount by it, and an auditor changes nothing.
    pub fn may_ask(self) -> bool {
        self.may(Permission::TakeOrders)
    }

    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.may(*permission))
    }
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident $word:literal [$($role:ident)*] $($approvable:ident)?;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $($(#[$doc])* $variant),* }

        impl Permission {
            pub const ALL: &[Permission] = &[$(Permission::$variant),*];

            /// The stable word that `approval_needed` names.
            pub fn as_str(self) -> &'static str {
                match self { $(Permission::$variant => $word),* }
            }

            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Permission::$variant),)* _ => None }
            }

            /// A bit a role. Owners and managers may everything.
            const fn roles(self) -> u8 {
                let house = 1 << Role::Owner as u8 | 1 << Role::Manager as u8;
                match self { $(Permission::$variant => house $(| 1 << Role::$role as u8)*),* }
            }

            /// Whether a manager can say yes to it at the till of somebody who may not.
            pub fn approvable(self) -> bool {
                match self { $(Permission::$variant => false $(|| stringify!($approvable) == "approvable")?),* }
            }
        }
    };
}

// Beside owners and managers. A kitchen screen sees no money, hence neither menu, orders nor settings;
// a waiter takes orders and payments; a cashier also gives discounts and reads the day's takings;
// an auditor has every right to see and none to change.
permissions! {
    SeeMenu          "see_menu"          [Cashier Waiter Auditor];
    EditMenu         "edit_menu"         [];
    /// What is sold out, without prices.
    SeeAvailability  "see_availability"  [Cashier Waiter Kitchen Auditor];
    SetAvailability  "set_availability"  [Cashier Kitchen];
    SeeFloor         "see_floor"         [Cashier Waiter Auditor];
    EditFloor        "edit_floor"        [];
    /// Orders, bills and receipts, with their amounts.
    SeeOrders        "see_orders"        [Cashier Waiter Auditor];
    /// Open, add, edit, send, move, hand over, print the bill.
    TakeOrders       "take_orders"       [Cashier Waiter];
    /// Take off what the kitchen never got.
    VoidUnsent       "void_unsent"       [Cashier Waiter];
    VoidSent         "void_sent"         [] approvable;
    Comp             "comp"              [] approvable;
    /// Discounts, and taking a service charge off.
    Discount         "discount"          [Cashier] approvable;
    TakePayment      "take_payment"      [Cashier Waiter];
    /// Another tender on a payment that was taken.
    CorrectPayment   "correct_payment"   [] approvable;
    Refund           "refund"            [] approvable;
    VoidOrder        "void_order"        [] approvable;
    /// House accounts, gift vouchers and deposits, with what is on them; to charge and redeem them is to
    /// take a payment.
    SeeAccounts      "see_accounts"      [Cashier Waiter Auditor];
    /// Open, change and close them, and say how much may be owed.
    EditAccounts     "edit_accounts"     [];
    /// What moved on an account, entry by entry.
    SeeStatements    "see_statements"    [Cashier Auditor];
    /// Another price on a line than the menu's.
    PriceOverride    "price_override"    [] approvable;
    /// Open a drawer without a sale.
    NoSale           "no_sale"           [Cashier] approvable;
    SeeDrawers       "see_drawers"       [Cashier Waiter Auditor];
    /// One's own purse and the drawer of the till one stands at: open, count, close, pay in and out.
    UseDrawers       "use_drawers"       [Cashier Waiter];
    /// Everybody's, and what was forgotten on one that is closed.
    EditDrawers      "edit_drawers"      [];
    /// Who worked when.
    SeeTimeClock     "see_time_clock"    [Auditor];
    /// Other people's hours.
    EditTimeClock    "edit_time_clock"   [];
    SeeTickets       "see_tickets"       [Cashier Waiter Kitchen Auditor];
    /// Bump, recall, printed.
    WorkTickets      "work_tickets"      [Cashier Waiter Kitchen];
    /// X and Z reports.
    SeeDay           "see_day"           [Cashier Auditor];
    CloseDay         "close_day"         [];
    SeeReports       "see_reports"       [Auditor];
    Export           "export"            [Auditor];
    SeeJournal       "see_journal"       [Auditor];
    /// The stream; which kinds it carries is decided kind by kind.
    SeeEvents        "see_events"        [Cashier Waiter Kitchen Auditor];
    SeeSettings      "see_settings"      [Cashier Waiter Auditor];
    /// Settings, and emptying or warming the cache.
    EditSettings     "edit_settings"     [];
    SeeStaff         "see_staff"         [Auditor];
    EditStaff        "edit_staff"        [];
    SeeDevices       "see_devices"       [Auditor];
    /// Pairing codes, revoking a terminal.
    EditDevices      "edit_devices"      [];
    /// Tenders, reasons, ready-made discounts.
    SeeLists         "see_lists"         [Cashier Waiter Auditor];
    EditLists        "edit_lists"        [];
    /// Statistics, alerts and advice for whoever keeps the box running.
    SeeStats         "see_stats"         [Auditor];
    /// The verdict on them alone.
    SeePerformance   "see_performance"   [];
}

/// What a call is done to, as approvals name it: its path as far as the last id, without what stands before
/// the first word of the contract. `/api/v1/orders/12/lines/34/comp` is done to `/orders/12/lines/34`.
pub fn subject_of(path: &str) -> &str {
    let path = path.strip_prefix("/api/v1").unwrap_or(path);
    let (mut end, mut at) = (0, 0);
    for segment in path.split('/') {
        at += segment.len();
        if !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_digit()) {
            end = at;
        }
        at += 1;
    }
    if end == 0 { path } else { &path[..end] }
}
