//! A document as a page of its own: no scripts, nothing loaded, printable on 80 mm paper.

use std::fmt::{self, Display, Write as _};

use super::model::Document;
use super::wording::{self, Sum, Weight};
use crate::kernel::money::TooLarge;

/// Documents are worded in English.
const LANGUAGE: &str = "en";

const STYLE: &str = "\
@page{size:80mm auto;margin:3mm}\
body{font:12px/1.35 system-ui,sans-serif;color:#000;background:#fff;max-width:74mm;margin:0 auto;overflow-wrap:anywhere}\
header,footer,.mark{text-align:center}\
h1{font-size:1.3em;margin:0}h2{font-size:1.1em;margin:.6em 0 .2em;text-align:center}p{margin:0}\
.mark{font-weight:700;border:1px solid #000;margin:.4em 0;padding:.2em}\
dl{display:grid;grid-template-columns:auto 1fr;gap:0 1em;margin:.6em 0}dd{margin:0;text-align:right}\
table{width:100%;border-collapse:collapse;border-top:1px dashed #000;margin:.4em 0;padding:0}\
th{font-weight:400;text-align:left}thead th{font-size:.85em}\
td,.amount{text-align:right;white-space:nowrap;vertical-align:bottom;font-variant-numeric:tabular-nums}\
.strong th,.strong td{font-weight:700;font-size:1.2em}.part th{padding-left:1em;font-size:.9em}.part td{font-size:.9em}\
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}";

/// The whole page.
///
/// Refused where its sums leave the bounds of [`crate::kernel::money::Money`].
pub fn render(document: &Document, copy: bool) -> Result<String, TooLarge> {
    let mut page = Page { out: String::with_capacity(6 * 1024), decimals: document.names.currency.decimals() };
    let (title, name) = (wording::title(document), document.names.seller.name.as_str());
    let number = document.number.as_ref().map(|n| format!(" {} {}", n.series, n.number)).unwrap_or_default();
    page.add(format_args!(
        "<!DOCTYPE html>\n<html lang=\"{LANGUAGE}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}{} · {}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{}</h1>\n",
        Text(&number),
        Text(name),
        Text(name),
    ));
    for row in wording::seller(document) {
        page.add(format_args!("<p>{}</p>\n", Text(&row)));
    }
    page.add(format_args!("</header>\n<main>\n<h2>{title}</h2>\n"));
    page.marks(document, copy);
    page.add(format_args!("<dl>\n"));
    for (label, value) in wording::facts(document) {
        page.add(format_args!("<dt>{label}</dt><dd>{}</dd>\n", Text(&value)));
    }
    page.add(format_args!("</dl>\n"));
    lines(&mut page, document)?;
    page.sums("Sums", &wording::sums(document)?);
    page.sums("Payments", &wording::payments(document));
    let loaded = wording::loaded(document);
    if !loaded.is_empty() {
        page.sums("Accounts", &loaded);
    }
    taxes(&mut page, document);
    page.add(format_args!("</main>\n<footer>\n"));
    for row in document.names.seller.footer.lines() {
        page.add(format_args!("<p>{}</p>\n", Text(row)));
    }
    page.marks(document, copy);
    page.add(format_args!("</footer>\n</body>\n</html>\n"));
    Ok(page.out)
}

fn lines(page: &mut Page, document: &Document) -> Result<(), TooLarge> {
    let decimals = page.decimals;
    page.add(format_args!(
        "<table>\n<caption class=\"hidden\">What was ordered</caption>\n<thead><tr><th scope=\"col\">Item</th>\
         <th scope=\"col\" class=\"amount\">{}</th></tr></thead>\n<tbody>\n",
        document.names.currency,
    ));
    for line in &document.lines {
        page.row("", &wording::dish(line), &line.base()?.display(decimals));
        if let Some(unit) = wording::unit(line, decimals) {
            page.row("part", &unit, &"");
        }
        for modifier in &line.modifiers {
            let name = wording::modifier(&modifier.name, modifier.quantity);
            page.row("part", &name, &modifier.amount.display(decimals));
        }
        if !line.comp.is_zero() {
            page.row("part", "complimentary", &"");
        }
    }
    page.add(format_args!("</tbody>\n</table>\n"));
    Ok(())
}

fn taxes(page: &mut Page, document: &Document) {
    if document.taxes.is_empty() {
        return;
    }
    let decimals = page.decimals;
    page.add(format_args!(
        "<table>\n<caption class=\"hidden\">Taxes</caption>\n<thead><tr><th scope=\"col\">Rate</th>\
         <th scope=\"col\" class=\"amount\">Net</th><th scope=\"col\" class=\"amount\">Tax</th></tr></thead>\n<tbody>\n"
    ));
    for tax in &document.taxes {
        let (name, net, amount) = (wording::rate(tax), tax.base.display(decimals), tax.tax.display(decimals));
        page.add(format_args!("<tr><th scope=\"row\">{}</th><td>{net}</td><td>{amount}</td></tr>\n", Text(&name)));
    }
    page.add(format_args!("</tbody>\n</table>\n"));
}

struct Page {
    out: String,
    decimals: u32,
}

impl Page {
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
            let class = match sum.weight {
                Weight::Plain => "",
                Weight::Strong => "strong",
                Weight::Part => "part",
            };
            self.row(class, &sum.label, &sum.amount.display(self.decimals));
        }
        self.add(format_args!("</tbody>\n</table>\n"));
    }

    fn row(&mut self, class: &str, name: &str, right: &dyn Display) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        self.add(format_args!("<tr{class}><th scope=\"row\">{}</th><td>{right}</td></tr>\n", Text(name)));
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
