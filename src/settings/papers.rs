//! What a country's receipts need to be told of the house. Pure.
//!
//! What is missing is named and stops nobody from selling: a receipt without a VAT number is better than a
//! guest who waits for one. Why each is asked for stands beside the country's words, in `orders::receipt::words`.

use super::model::Settings;

/// By country: the settings its receipts need, under the names of the wire.
const NEEDED: [(&str, &[Need]); 4] = [
    ("IT", &[Need::LegalName, Need::Address, Need::VatId]),
    ("DE", &[Need::LegalName, Need::Address, Need::VatIdOrTaxNumber]),
    ("GB", &[Need::Address, Need::VatId]),
    ("US", &[Need::Address]),
];
/// Everywhere else, and where nobody said where the house is.
const GENERAL: &[Need] = &[Need::Country, Need::Address];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Country,
    LegalName,
    Address,
    VatId,
    /// One of them will do; a VAT id is asked for.
    VatIdOrTaxNumber,
}

impl Need {
    fn as_str(self) -> &'static str {
        match self {
            Need::Country => "country",
            Need::LegalName => "legal_name",
            Need::Address => "address",
            Need::VatId | Need::VatIdOrTaxNumber => "vat_id",
        }
    }

    fn is_met(self, s: &Settings) -> bool {
        match self {
            Need::Country => !s.country.is_empty(),
            Need::LegalName => !s.legal_name.is_empty(),
            Need::Address => !s.address.is_empty(),
            Need::VatId => !s.vat_id.is_empty(),
            Need::VatIdOrTaxNumber => !s.vat_id.is_empty() || !s.tax_number.is_empty(),
        }
    }
}

/// The settings that receipts of this house's country should show and cannot, under the names of the wire.
pub(super) fn receipt_missing(settings: &Settings) -> Vec<&'static str> {
    let needed = NEEDED.iter().find(|(country, _)| *country == settings.country).map_or(GENERAL, |(_, needed)| needed);
    needed.iter().filter(|need| !need.is_met(settings)).map(|need| need.as_str()).collect()
}
