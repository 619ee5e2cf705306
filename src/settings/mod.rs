//! The house's own facts: what it is called, how it counts, rounds and charges, and the short lists
//! (tenders, reasons, ready-made discounts) that everything else refers to.
//!
//! The time zone and the cutoff are stored with the site, since every record's date needs them; they
//! are shown and changed here.

/// Enums whose variants are words of the wire and of the file alike.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $word:literal,)+ })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant),+];

            pub fn parse(word: &str) -> Result<Self, crate::kernel::invalid::Invalid> {
                match word {
                    $($word => Ok($name::$variant),)+
                    _ => Err(crate::kernel::invalid::Invalid::new("unknown_value", concat!("one of" $(, " ", $word)+))),
                }
            }

            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }
    )*};
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

pub mod http;
pub mod lists;
pub mod model;
pub mod ops;
pub mod records;
pub mod sql;

#[cfg(test)]
mod tests;

pub use http::configure;
