//! Italy: the documento commerciale.
//!
//! D.M. 7 dicembre 2016 (MEF), art. 2: date and time of issue, a progressive number, the seller's name
//! (ditta), VAT number and place of business, what was sold or served, and what it comes to and what was
//! paid; the customer's tax code or VAT number where they ask for it. The words and the rate at each line follow
//! the layout annexed to the Agenzia delle Entrate's Provvedimento of 28 October 2016 (n. 182017): TOTALE
//! COMPLESSIVO, "di cui IVA", "Pagamento contante", "Pagamento elettronico", "Non riscosso", "Resto" and
//! "Importo pagato", and a reso or annullo as a document of its own that names the one it refers to.
//!
//! Only a registratore telematico makes it a fiscal document; what that device says of it belongs in `fiscal`.
//! Cash rounding is art. 13-quater D.L. 50/2017. A tip is no corrispettivo, so it is not in "Importo pagato".

use super::{Accounts, Added, Amounts, Dates, Facts, Lines, Mark, Paid, Rates, Sums, Titles, Words};

pub(super) static WORDS: Words = Words {
    country: "IT",
    language: "it",
    dates: Dates::DayFirst('-'),
    amounts: Amounts { decimal: ',', group: Some('.'), symbol: false },
    mark: Mark::Percent,
    added: Added::Together,
    with_gross: false,
    invoice_above: None,
    tips: &[],
    paid_by,
    titles: Titles {
        bill: &["PRECONTO"],
        sale: &["DOCUMENTO COMMERCIALE", "di vendita o prestazione"],
        refund: &["DOCUMENTO COMMERCIALE", "emesso per RESO MERCE"],
        annulment: &["DOCUMENTO COMMERCIALE", "emesso per ANNULLAMENTO"],
        correction: &["DOCUMENTO GESTIONALE", "correzione del pagamento"],
        advance: &["DOCUMENTO COMMERCIALE", "di vendita o prestazione: acconto"],
        not_a_receipt: "NON VALIDO AI FINI FISCALI",
        copy: "COPIA",
    },
    facts: Facts {
        vat_id: "P.IVA",
        tax_number: "C.F.",
        number: "Documento N.",
        original: "Documento di riferimento",
        original_of: "del",
        date: "Data",
        plain_date: "Data",
        business_date: "Giornata",
        started: "Inizio",
        order: "Ordine",
        guests: "Coperti",
        table: "Tavolo",
        tab: "Conto",
        served_by: "Servito da",
        cashier: "Cassa",
        customer: "Cliente",
        address: "Indirizzo",
        phone: "Telefono",
        customer_vat_id: "P.IVA/C.F. cliente",
        reason: "Motivo",
        tax: "IVA",
        exempt: "esente",
        invoice_to: "Intestato a",
    },
    lines: Lines {
        caption: "Consumazioni",
        item: "DESCRIZIONE",
        tax: "IVA",
        price: "Prezzo",
        each: "cad.",
        at: "a",
        complimentary: "omaggio",
    },
    sums: Sums {
        caption: "Totali",
        subtotal: "Subtotale",
        complimentary: "Omaggi",
        service: "",
        tax_added: "IVA aggiunta",
        total: "TOTALE COMPLESSIVO",
        of_which_tax: "di cui IVA",
        rounding: "Arrotondamento",
        payments: "Pagamenti",
        tip: "di cui mancia",
        excess: "di cui non restituito",
        change: "Resto",
        collected: "Importo pagato",
        due: "DA PAGARE",
        suggested_tips: "",
        tip_line: "Mancia",
        total_line: "Totale",
    },
    rates: Rates {
        caption: "IVA per aliquota",
        rate: "Aliquota",
        net: "Imponibile",
        tax: "Imposta",
        gross: "Totale",
        added: ", aggiunta",
    },
    accounts: Accounts { caption: "Conti", voucher: "Buono", house: "Pagato sul conto", deposit: "Acconto" },
    entertainment: None,
    correction: "La vendita resta come nel documento di riferimento: si corregge solo la forma di pagamento.",
};

/// The layout's own words. What nobody paid yet, or paid before, is "non riscosso".
fn paid_by(tender_kind: &str) -> Option<Paid> {
    let (label, collected) = match tender_kind {
        "cash" => ("Pagamento contante", true),
        "card" | "online" => ("Pagamento elettronico", true),
        "meal_voucher" => ("Pagamento ticket", true),
        "house_account" | "write_off" | "gift_voucher" | "deposit" => ("Non riscosso", false),
        _ => return None,
    };
    Some(Paid { label, collected })
}
