//! Row ids, one type a table, so that a check's id is never taken for an order's.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            pub const fn new(id: i64) -> Self {
                Self(id)
            }

            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    OrderId
    CheckId
    LineId
    PaymentId
    RefundId
    ReceiptId
    TicketId
    ItemId
    VariantId
    /// A modifier's option.
    OptionId
    /// A modifier group.
    GroupId
    CategoryId
    TaxClassId
    AreaId
    TableId
    StationId
    StaffId
    /// A terminal, or an integration.
    DeviceId
    SessionId
    TenderId
    ReasonId
    DiscountId
    /// A service charge.
    ChargeId
    /// A drawer from its float to its count.
    DrawerId
    /// What happened to a drawer.
    DrawerEventId
    /// Somebody's time at work.
    TimeEntryId
    /// A house account, a gift voucher or a deposit.
    AccountId
}
