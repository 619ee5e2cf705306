//! The figures of a run, and how ratios are made of turns.

/// One row a figure.
#[derive(Debug, Default)]
pub struct Table(Vec<[String; 3]>);

impl Table {
    pub fn new() -> Self {
        Self::default()
    }

    /// `wanted` is empty where nothing is promised.
    pub fn row(&mut self, what: impl Into<String>, figure: impl Into<String>, wanted: impl Into<String>) {
        self.0.push([what.into(), figure.into(), wanted.into()]);
    }

    pub fn print(&self) {
        println!("\n| what | figure | wanted |\n|---|---|---|");
        for [what, figure, wanted] in &self.0 {
            println!("| {what} | {figure} | {wanted} |");
        }
    }
}

/// The middle one, and the least and the greatest.
pub fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 2], values[0], values[values.len() - 1])
}

/// `0.17 (0.15 to 0.18)`
pub fn shown(values: Vec<f64>) -> String {
    let (middle, least, greatest) = spread(values);
    format!("{middle:.3} ({least:.3} to {greatest:.3})")
}
