//! `comanda import`: a menu or a history from CSV files.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use super::{Db, Failed, Outcome, control, say};
use crate::app::control::Command;

/// Brings in a menu, or the sales of another till, from a CSV file
#[derive(Debug, Subcommand)]
pub(super) enum Import {
    Menu(Menu),
    Sales(Sales),
}

#[derive(Debug, Args)]
struct Source {
    /// The file; its first line names the columns
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    #[command(flatten)]
    db: Db,
    /// The header under which the file has one of our columns
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Checks the file and says what would be done
    #[arg(long)]
    dry_run: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, column) = text.split_once('=').ok_or("say field=column, as in unit_price=Price")?;
    Ok((field.trim().to_owned(), column.trim().to_owned()))
}

/// Brings in a menu: sku, item, variant, category, price, description, tax_class; only item and price
/// are needed
#[derive(Debug, Args)]
#[command(after_help = "A row is a variant. One that is there already, by its SKU or else by its names, gets what the
file says; what the file does not mention stays. A tax class must exist; without one an item bears
no tax.

Example:
  comanda import menu menu.csv --db trattoria.db --map price='Price EUR'")]
pub(super) struct Menu {
    #[command(flatten)]
    source: Source,
}

/// Brings in sales: order, date, time, sku, quantity, unit_price
#[derive(Debug, Args)]
#[command(
    after_help = "A row is a line of an order. Orders come in settled, on their own day, paid in full by the tender
`other`, without receipts and outside any Z. One that is there already stays as it is, so that the
same file can be imported again, after an interruption too.

Example:
  comanda import sales 2015.csv --db trattoria.db --dry-run"
)]
pub(super) struct Sales {
    #[command(flatten)]
    source: Source,
    /// Under what name its order numbers are unique [default: the file's name]
    #[arg(long = "source", value_name = "NAME")]
    name: Option<String>,
}

impl Import {
    pub(super) fn run(self) -> Outcome {
        match self {
            Import::Menu(menu) => menu.run(),
            Import::Sales(sales) => sales.run(),
        }
    }
}

impl Source {
    /// The file's whole name, since a running server stands in another folder.
    fn whole(&self) -> Result<PathBuf, Failed> {
        fs::canonicalize(&self.file).map_err(|error| Failed(format!("{}: {error}", self.file.display())))
    }

    fn ask(&self, command: &Command) -> Result<Value, Failed> {
        let bar = bar();
        let answer = control::ask(&self.db.db, command, |done, of| {
            bar.set_length(of);
            bar.set_position(done);
        });
        bar.finish_and_clear();
        answer
    }

    fn begin(&self) -> &'static str {
        if self.dry_run { "Nothing was written. It would be: " } else { "" }
    }
}

/// On a terminal only.
pub(super) fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} ({eta})");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn number(of: &Value, name: &str) -> u64 {
    of[name].as_u64().unwrap_or_default()
}

impl Menu {
    fn run(self) -> Outcome {
        let source = &self.source;
        let command = Command::ImportMenu { file: source.whole()?, map: source.map.clone(), dry_run: source.dry_run };
        let done = source.ask(&command)?;
        let n = |name| number(&done, name);
        let (rows, items) = (n("rows"), n("items"));
        let (added, changed, same) = (n("added"), n("changed"), n("same"));
        say(format!(
            "{}{rows} rows: {items} items, {rows} variants; {added} added, {changed} changed, {same} as they were",
            source.begin()
        ))
    }
}

impl Sales {
    fn run(self) -> Outcome {
        let source = &self.source;
        let command = Command::ImportSales {
            file: source.whole()?,
            map: source.map.clone(),
            dry_run: source.dry_run,
            source: self.name.clone(),
        };
        let done = source.ask(&command)?;
        let n = |name| number(&done, name);
        let (rows, orders, added, skipped) = (n("rows"), n("orders"), n("added"), n("skipped"));
        let text = |name: &str| done[name].as_str().unwrap_or("none").to_owned();
        let total = text("total");
        say(format!(
            "{}{rows} rows of {}: {orders} orders from {} to {}, {total} in all; {added} added, {skipped} already there",
            source.begin(),
            text("source"),
            text("from"),
            text("to"),
        ))
    }
}
