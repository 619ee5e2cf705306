//! The United Kingdom: the simplified VAT invoice, and the modified one.
//!
//! VAT Regulations 1995 (SI 1995/2518), reg. 16A; VAT Notice 700, 16.6.1: up to £250 with VAT the supplier's
//! name, address and registration number, the time of supply, what was supplied, the total, and by rate what is
//! payable with VAT. Notice 700, 16.6.2: above £250 a modified invoice has what a full one has (reg. 14: number,
//! customer's name and address, net and VAT by rate) with prices including VAT. So each line has its rate's letter,
//! and the table of rates says net, VAT and gross always; above £250 without a customer there is room to write one
//! in. Notice 700, 18.2: a credit note is called one, says why, and names the original by number and date.
//!
//! A service charge that a guest may leave out is no consideration and outside VAT (HMRC manual VATSC06130): the
//! house sets it up as optional, without tax.

use super::{Accounts, Added, Amounts, Dates, Facts, Lines, Mark, Rates, Sums, Titles, Words, by_name};

pub(super) static WORDS: Words = Words {
    country: "GB",
    language: "en-GB",
    dates: Dates::DayFirst('/'),
    amounts: Amounts { decimal: '.', group: Some(','), symbol: true },
    mark: Mark::Letter,
    added: Added::Together,
    with_gross: true,
    invoice_above: Some(("GBP", 25_000)),
    tips: &[],
    paid_by: by_name,
    titles: Titles {
        bill: &["BILL"],
        sale: &["VAT RECEIPT"],
        refund: &["REFUND", "VAT credit note"],
        annulment: &["REFUND", "VAT credit note"],
        correction: &["CORRECTION OF PAYMENT"],
        advance: &["DEPOSIT RECEIPT"],
        not_a_receipt: "NOT A VAT RECEIPT",
        copy: "COPY",
    },
    facts: Facts {
        vat_id: "VAT Reg. No.",
        tax_number: "Tax No.",
        number: "Receipt No.",
        original: "For receipt No.",
        original_of: "of",
        date: "Date and tax point",
        plain_date: "Date",
        business_date: "Business date",
        started: "Started",
        order: "Order",
        guests: "Covers",
        table: "Table",
        tab: "Tab",
        served_by: "Served by",
        cashier: "Till",
        customer: "Customer",
        address: "Address",
        phone: "Phone",
        customer_vat_id: "Customer VAT No.",
        reason: "Reason",
        tax: "VAT",
        exempt: "exempt",
        invoice_to: "Invoice to",
    },
    lines: Lines {
        caption: "What was ordered",
        item: "Item",
        tax: "VAT",
        price: "",
        each: "each",
        at: "at",
        complimentary: "complimentary",
    },
    sums: Sums {
        caption: "Sums",
        subtotal: "Subtotal",
        complimentary: "Complimentary",
        service: "",
        tax_added: "VAT added",
        total: "TOTAL",
        of_which_tax: "",
        rounding: "Cash rounding",
        payments: "Payments",
        tip: "of which tip",
        excess: "of which not returned",
        change: "Change",
        collected: "",
        due: "DUE",
        suggested_tips: "",
        tip_line: "Tip",
        total_line: "Total",
    },
    rates: Rates { caption: "VAT by rate", rate: "Rate", net: "Net", tax: "VAT", gross: "Gross", added: ", added" },
    accounts: Accounts { caption: "Accounts", voucher: "Voucher", house: "Paid on account", deposit: "Deposit" },
    entertainment: None,
    correction: "What was sold stays as it is on that receipt; only how it was paid is set right here.",
};
