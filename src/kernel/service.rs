//! How something is eaten, which in many countries decides its tax rate.

use super::invalid::Invalid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    DineIn,
    /// Deliveries too.
    Takeaway,
}

impl Service {
    pub const ALL: [Service; 2] = [Service::DineIn, Service::Takeaway];

    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "dine_in" => Ok(Service::DineIn),
            "takeaway" => Ok(Service::Takeaway),
            _ => Err(Invalid::new("unknown_value", "one of dine_in, takeaway")),
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Service::DineIn => "dine_in",
            Service::Takeaway => "takeaway",
        }
    }
}
