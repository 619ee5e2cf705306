//! A document as a page of its own: no scripts, nothing loaded, printable on 80 mm paper.

use std::fmt::{self, Display, Write as _};

use super::model::{Document, Kind};
use super::wording::{self, Sum, Weight};
use super::words::{Mark, Words};
use crate::kernel::currency::Currency;
use crate::kernel::money::{Money, TooLarge};

const STYLE: &str = "\
@page{size:80mm auto;margin:3mm}\
body{font:12px/1.35 system-ui,sans-serif;color:#000;background:#fff;max-width:74mm;margin:0 auto;overflow-wrap:anywhere}\
header,footer,.mark,.kind{text-align:center}\
h1{font-size:1.3em;margin:0}h2{font-size:1.1em;margin:.6em 0 .2em;text-align:center}p{margin:0}\
.mark{font-weight:700;border:1px solid #000;margin:.4em 0;padding:.2em}\
dl{display:grid;grid-template-columns:auto 1fr;gap:0 1em;margin:.6em 0}dd{margin:0;text-align:right}\
table{width:100%;border-collapse:collapse;border-top:1px dashed #000;margin:.4em 0;padding:0}\
th{font-weight:400;text-align:left}thead th{font-size:.85em}\
td,.amount{text-align:right;white-space:nowrap;vertical-align:bottom;font-variant-numeric:tabular-nums}\
.strong th,.strong td{font-weight:700;font-size:1.2em}.part th{padding-left:1em;font-size:.9em}.part td{font-size:.9em}\
.blank{border-top:1px dashed #000;margin:.4em 0;padding:.3em 0}.line{border-bottom:1px solid #000;padding:1em 0 .1em}\
.fiscal{font-size:.85em}\
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}";

/// The whole page.
///
/// Refused where its sums leave the bounds of [`crate::kernel::money::Money`].
pub fn render(document: &Document, copy: bool) -> Result<String, TooLarge> {
    let words = wording::words(document);
    let mut page = Page { out: String::with_capacity(6 * 1024), words, currency: document.names.currency };
    let name = document.names.seller.name.as_str();
    let (title, more) = wording::title(document).split_first().unwrap_or((&"", &[]));
    let number = document.number.as_ref().map(|n| format!(" {} {}", n.series, n.number)).unwrap_or_default();
    page.add(format_args!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}{} · {}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{}</h1>\n",
        words.language,
        Text(&number),
        Text(name),
        Text(name),
    ));
    for row in wording::seller(document) {
        page.add(format_args!("<p>{}</p>\n", Text(&row)));
    }
    page.add(format_args!("</header>\n<main>\n<h2>{title}</h2>\n"));
    for row in more {
        page.add(format_args!("<p class=\"kind\">{row}</p>\n"));
    }
    page.marks(document, copy);
    page.add(format_args!("<dl>\n"));
    for (label, value) in wording::facts(document) {
        page.add(format_args!("<dt>{label}</dt><dd>{}</dd>\n", Text(&value)));
    }
    page.add(format_args!("</dl>\n"));
    if document.kind == Kind::Correction {
        page.add(format_args!("<p>{}</p>\n", words.correction));
    } else {
        lines(&mut page, document)?;
        page.sums(words.sums.caption, &wording::sums(document)?);
    }
    page.sums(words.sums.payments, &wording::payments(document)?);
    page.sums(words.accounts.caption, &wording::loaded(document));
    rates(&mut page, document);
    by_hand(&mut page, document)?;
    for row in document.fiscal.iter().flat_map(|fiscal| fiscal.lines()) {
        page.add(format_args!("<p class=\"fiscal\">{}</p>\n", Text(row)));
    }
    page.add(format_args!("</main>\n<footer>\n"));
    for row in document.names.seller.footer.lines() {
        page.add(format_args!("<p>{}</p>\n", Text(row)));
    }
    page.marks(document, copy);
    page.add(format_args!("</footer>\n</body>\n</html>\n"));
    Ok(page.out)
}

fn lines(page: &mut Page, document: &Document) -> Result<(), TooLarge> {
    let words = page.words;
    let mark = if page.has_marks() {
        format!("<th scope=\"col\" class=\"amount\">{}</th>", words.lines.tax)
    } else {
        String::new()
    };
    page.add(format_args!(
        "<table>\n<caption class=\"hidden\">{}</caption>\n<thead><tr><th scope=\"col\">{}</th>{mark}\
         <th scope=\"col\" class=\"amount\">{}</th></tr></thead>\n<tbody>\n",
        words.lines.caption,
        words.lines.item,
        words.price(page.currency),
    ));
    for line in &document.lines {
        let class = if line.part { "part" } else { "" };
        // The parts of a combo bear its price, and each its own rate.
        let (mark, amount) = match line.combo {
            true => (String::new(), String::new()),
            false => (wording::mark(document, &line.rates), page.money(line.base()?)),
        };
        page.row(class, &wording::dish(line), &mark, &amount);
        if let Some(unit) = wording::unit(document, line) {
            page.row("part", &unit, "", "");
        }
        for modifier in &line.modifiers {
            let name = wording::modifier(&modifier.name, modifier.quantity);
            let amount = page.money(modifier.amount);
            page.row("part", &name, "", &amount);
        }
        if !line.comp.is_zero() {
            page.row("part", words.lines.complimentary, "", "");
        }
    }
    page.add(format_args!("</tbody>\n</table>\n"));
    Ok(())
}

fn rates(page: &mut Page, document: &Document) {
    let (words, rates) = (page.words, wording::rates(document));
    if rates.is_empty() {
        return;
    }
    let gross = |cell: String| if words.with_gross { cell } else { String::new() };
    page.add(format_args!(
        "<table>\n<caption class=\"hidden\">{}</caption>\n<thead><tr><th scope=\"col\">{}</th>\
         <th scope=\"col\" class=\"amount\">{}</th><th scope=\"col\" class=\"amount\">{}</th>{}</tr></thead>\n<tbody>\n",
        words.rates.caption,
        words.rates.rate,
        words.rates.net,
        words.rates.tax,
        gross(format!("<th scope=\"col\" class=\"amount\">{}</th>", words.rates.gross)),
    ));
    for tax in rates {
        let letter = wording::letter(document, tax).filter(|_| words.mark == Mark::Letter);
        let letter = letter.map(|letter| format!("{letter} ")).unwrap_or_default();
        let name = letter + &wording::rate(document, tax);
        // Base and tax are parts of one total.
        let whole = Money::new(tax.base.minor().saturating_add(tax.tax.minor()));
        let [net, amount, whole] = [tax.base, tax.tax, whole].map(|amount| page.money(amount));
        let whole = gross(format!("<td>{whole}</td>"));
        page.add(format_args!(
            "<tr><th scope=\"row\">{}</th><td>{net}</td><td>{amount}</td>{whole}</tr>\n",
            Text(&name)
        ));
    }
    page.add(format_args!("</tbody>\n</table>\n"));
}

/// Sample tips, and room to write.
fn by_hand(page: &mut Page, document: &Document) -> Result<(), TooLarge> {
    page.sums(page.words.sums.suggested_tips, &wording::tips(document)?);
    for (heading, labels) in wording::blanks(document) {
        page.add(format_args!("<section class=\"blank\">\n"));
        if !heading.is_empty() {
            page.add(format_args!("<p>{heading}</p>\n"));
        }
        for label in labels {
            page.add(format_args!("<p class=\"line\">{label}</p>\n"));
        }
        page.add(format_args!("</section>\n"));
    }
    Ok(())
}

struct Page {
    out: String,
    words: &'static Words,
    currency: Currency,
}

impl Page {
    fn money(&self, amount: Money) -> String {
        self.words.money(amount, self.currency)
    }

    /// Whether rows have a column for the rate.
    fn has_marks(&self) -> bool {
        self.words.mark != Mark::None
    }

    fn add(&mut self, what: fmt::Arguments<'_>) {
        // A String takes everything.
        let _ = self.out.write_fmt(what);
    }

    fn marks(&mut self, document: &Document, copy: bool) {
        for mark in wording::marks(document, copy) {
            self.add(format_args!("<p class=\"mark\">{mark}</p>\n"));
        }
    }

    fn sums(&mut self, caption: &str, sums: &[Sum]) {
        if sums.is_empty() {
            return;
        }
        self.add(format_args!("<table>\n<caption class=\"hidden\">{caption}</caption>\n<tbody>\n"));
        for sum in sums {
            let (class, amount) = match sum.weight {
                Weight::Plain => ("", self.money(sum.amount)),
                Weight::Strong => ("strong", self.words.strong(sum.amount, self.currency)),
                Weight::Part => ("part", self.money(sum.amount)),
            };
            self.row(class, &sum.label, &sum.mark, &amount);
        }
        self.add(format_args!("</tbody>\n</table>\n"));
    }

    fn row(&mut self, class: &str, name: &str, mark: &str, right: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let mark = if self.has_marks() { format!("<td>{mark}</td>") } else { String::new() };
        self.add(format_args!("<tr{class}><th scope=\"row\">{}</th>{mark}<td>{right}</td></tr>\n", Text(name)));
    }
}

/// Text between tags or in a quoted attribute.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c if c.is_control() => f.write_char(' ')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
