//! How the kernel's words stand in a row: ids and amounts as integers, dates as text.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

use crate::kernel::day::{BusinessDate, UtcMs};
use crate::kernel::ids::{
    AccountId, AreaId, CategoryId, ChargeId, CheckId, DeviceId, DiscountId, DrawerEventId, DrawerId, GroupId, ItemId,
    LineId, OptionId, OrderId, PaymentId, ReasonId, ReceiptId, RefundId, SessionId, StaffId, StationId, TableId,
    TaxClassId, TenderId, TicketId, TimeEntryId, VariantId,
};

macro_rules! integers {
    ($($name:ident)*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.get().into())
            }
        }

        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self::new)
            }
        }
    )*};
}

integers! {
    OrderId CheckId LineId PaymentId RefundId ReceiptId TicketId ItemId VariantId OptionId GroupId CategoryId
    TaxClassId AreaId TableId StationId StaffId DeviceId SessionId TenderId ReasonId DiscountId ChargeId AccountId
    DrawerId DrawerEventId TimeEntryId UtcMs
}

impl ToSql for BusinessDate {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.text().into())
    }
}

impl FromSql for BusinessDate {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::parse(value.as_str()?).map_err(|fault| FromSqlError::Other(fault.detail.into()))
    }
}

impl ToSql for crate::kernel::money::Money {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.minor().into())
    }
}

impl FromSql for crate::kernel::money::Money {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self::new)
    }
}

/// How such words stand in a row.
macro_rules! word_columns {
    ($($name:ty)*) => {$(
        impl rusqlite::ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                Ok(self.as_str().into())
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                <$name>::parse(value.as_str()?).map_err(|e| rusqlite::types::FromSqlError::Other(e.detail.into()))
            }
        }
    )*};
}

word_columns! { crate::kernel::service::Service }

pub(crate) use word_columns;
