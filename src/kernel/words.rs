//! Enums that are words of the wire and of the file alike.

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

pub(crate) use words;
