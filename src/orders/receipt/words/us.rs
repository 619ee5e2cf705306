//! The United States: no federal law words a receipt; the states' sales taxes are shown apart.
//!
//! Sales tax is stated apart from the prices, a row a rate (New York: Tax Law § 1132(a)(1); other states ask the
//! same of whoever adds it), and a sale that is exempt says so. A receipt names at most the last five digits of a card
//! and not when it expires (15 U.S.C. § 1681c(g)). What is added for a party without being asked, an automatic
//! gratuity, is a service charge and not a tip (IRS Rev. Rul. 2012-18, Q&A 1), so it is called one among the sums; a
//! pre-bill with sample tips and a blank line leaves a tip the guest's own choice (same place), and is printed where
//! no such charge is on it.

use super::{Added, Amounts, Dates, Facts, Lines, Mark, Rates, Sums, Titles, Words, by_name};

pub(super) static WORDS: Words = Words {
    country: "US",
    language: "en-US",
    dates: Dates::MonthFirst,
    amounts: Amounts { decimal: '.', group: Some(','), symbol: true },
    mark: Mark::None,
    added: Added::ByRate,
    with_gross: false,
    invoice_above: None,
    tips: &[15, 18, 20],
    paid_by: by_name,
    titles: Titles {
        bill: &["GUEST CHECK"],
        sale: &["RECEIPT"],
        refund: &["REFUND"],
        annulment: &["REFUND"],
        correction: &["PAYMENT CORRECTION"],
        advance: &["DEPOSIT RECEIPT"],
        not_a_receipt: "NOT A RECEIPT",
        copy: "COPY",
    },
    facts: Facts {
        vat_id: "Tax ID",
        tax_number: "Sales tax permit",
        number: "Receipt #",
        original: "For receipt #",
        original_of: "of",
        date: "Date",
        plain_date: "Date",
        business_date: "Business date",
        started: "Opened",
        order: "Order #",
        guests: "Guests",
        table: "Table",
        tab: "Tab",
        served_by: "Server",
        cashier: "Cashier",
        customer: "Customer",
        address: "Address",
        phone: "Phone",
        customer_vat_id: "Customer tax ID",
        reason: "Reason",
        tax: "Sales tax",
        exempt: "exempt",
        invoice_to: "Bill to",
    },
    lines: Lines {
        caption: "What was ordered",
        item: "Item",
        tax: "Tax",
        price: "",
        each: "each",
        at: "at",
        complimentary: "complimentary",
    },
    sums: Sums {
        caption: "Sums",
        subtotal: "Subtotal",
        complimentary: "Complimentary",
        service: "(service charge)",
        tax_added: "Tax",
        total: "TOTAL",
        of_which_tax: "",
        rounding: "Cash rounding",
        payments: "Payments",
        tip: "of which tip",
        excess: "of which not returned",
        change: "Change",
        collected: "",
        due: "AMOUNT DUE",
        suggested_tips: "Suggested tips, before tax",
        tip_line: "Tip",
        total_line: "Total",
    },
    rates: Rates { caption: "Taxes", rate: "Included in prices", net: "Net", tax: "Tax", gross: "Gross", added: "" },
    entertainment: None,
    correction: "What was sold stays as it is on that receipt; only how it was paid is set right here.",
};
