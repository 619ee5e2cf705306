//! Germany: Beleg and Kleinbetragsrechnung.
//!
//! § 6 KassenSichV: the seller's full name and address, the date of issue, when the transaction began and
//! ended, quantity and kind of what was served, the amount with tax and the rate of each, or that it is exempt.
//! Its numbers 4, 6 and 7 (transaction number, serial numbers, check value and signature counter) are what a TSE
//! says: they belong in `fiscal`.
//!
//! § 33 UStDV: up to 250 € that is an invoice; above it § 14 Abs. 4 UStG asks for the customer's name and
//! address too, the number, the tax number or VAT id, and net and tax by rate. The table of rates always says all
//! three; above 250 € without a customer there is room to write one in. § 31 Abs. 5 UStDV: what changes an invoice
//! names it.
//!
//! Entertaining guests (§ 4 Abs. 5 S. 1 Nr. 2 EStG, R 4.10 Abs. 8 EStR): who was entertained and why is written on
//! the bill by the host, so a table's receipt has the lines for it.

use super::{Accounts, Added, Amounts, Dates, Facts, Lines, Mark, Rates, Sums, Titles, Words, by_name};

pub(super) static WORDS: Words = Words {
    country: "DE",
    language: "de",
    dates: Dates::DayFirst('.'),
    amounts: Amounts { decimal: ',', group: Some('.'), symbol: false },
    mark: Mark::Letter,
    added: Added::Together,
    with_gross: true,
    invoice_above: Some(("EUR", 25_000)),
    tips: &[],
    paid_by: by_name,
    titles: Titles {
        bill: &["ZWISCHENRECHNUNG"],
        sale: &["RECHNUNG"],
        refund: &["ERSTATTUNG", "Rechnungskorrektur"],
        annulment: &["STORNO", "Rechnungskorrektur"],
        correction: &["KORREKTUR DER ZAHLUNGSART"],
        advance: &["ANZAHLUNGSRECHNUNG"],
        not_a_receipt: "KEINE RECHNUNG, KEIN BELEG",
        copy: "KOPIE",
    },
    facts: Facts {
        vat_id: "USt-IdNr.",
        tax_number: "Steuernr.",
        number: "Beleg-Nr.",
        original: "Zu Beleg",
        original_of: "vom",
        date: "Datum",
        plain_date: "Datum",
        business_date: "Geschäftstag",
        started: "Beginn",
        order: "Bestellung",
        guests: "Gäste",
        table: "Tisch",
        tab: "Deckel",
        served_by: "Bedienung",
        cashier: "Kasse",
        customer: "Kunde",
        address: "Anschrift",
        phone: "Telefon",
        customer_vat_id: "USt-IdNr. Kunde",
        reason: "Grund",
        tax: "Steuer",
        exempt: "steuerfrei",
        invoice_to: "Rechnung an",
    },
    lines: Lines {
        caption: "Leistungen",
        item: "Artikel",
        tax: "MwSt",
        price: "",
        each: "je Stück",
        at: "zu",
        complimentary: "aufs Haus",
    },
    sums: Sums {
        caption: "Summen",
        subtotal: "Zwischensumme",
        complimentary: "Aufs Haus",
        service: "",
        tax_added: "zzgl. Steuer",
        total: "SUMME",
        of_which_tax: "",
        rounding: "Rundung",
        payments: "Zahlungen",
        tip: "davon Trinkgeld",
        excess: "davon nicht zurückgegeben",
        change: "Rückgeld",
        collected: "",
        due: "OFFEN",
        suggested_tips: "",
        tip_line: "Trinkgeld",
        total_line: "Gesamt",
    },
    rates: Rates {
        caption: "Umsatzsteuer",
        rate: "Satz",
        net: "Netto",
        tax: "Steuer",
        gross: "Brutto",
        added: ", zzgl.",
    },
    accounts: Accounts { caption: "Konten", voucher: "Gutschein", house: "Gezahlt auf Konto", deposit: "Anzahlung" },
    entertainment: Some((
        "Angaben zum Nachweis der Bewirtung (§ 4 Abs. 5 S. 1 Nr. 2 EStG)",
        &["Bewirtete Personen", "Anlass", "Ort, Datum", "Unterschrift"],
    )),
    correction: "Die Rechnung bleibt, wie sie ist; nur die Zahlungsart wird hier berichtigt.",
};
