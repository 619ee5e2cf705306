//! The benches: `cargo bench` for figures, `cargo bench -- create` for one subject. Run by
//! `cargo test --bench main` they are tiny and only prove that they still work.
//!
//! Server and client share the machine's cores. Every speed is a ratio of two things measured in
//! turns in one run; servers are processes of their own, so that their CPU time can be told apart.

#![allow(
    unreachable_pub,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::float_arithmetic,
    reason = "a bench prints ratios"
)]

mod bare;
mod cached;
mod client;
mod create;
mod evening;
mod history;
mod import;
mod memory;
mod million;
mod server;
mod splits;
mod table;
mod timing;

use table::Table;

/// How much work a run does.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Proves only that the bench works.
    pub tiny: bool,
    /// Turns of each side; the median of their ratios is told.
    pub rounds: usize,
    pub round_ms: u64,
    /// Orders in the small and in the large file.
    pub small: u64,
    pub large: u64,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = args.iter().position(|arg| arg == "serve-bare") {
        return bare::serve(&args[at + 1..]);
    }
    let full = args.iter().any(|arg| arg == "--bench");
    let scale = if full {
        Scale { tiny: false, rounds: 7, round_ms: 1500, small: 10_000, large: 1_000_000 }
    } else {
        Scale { tiny: true, rounds: 1, round_ms: 60, small: 500, large: 2_000 }
    };
    let wanted: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-')).collect();
    type Subject = (&'static str, fn(Scale, &mut Table));
    let subjects: [Subject; 9] = [
        ("create", create::run),
        ("cached", cached::run),
        ("history", history::run),
        ("import", import::run),
        ("start", million::start),
        ("evening", evening::run),
        ("splits", splits::run),
        ("memory", memory::run),
        ("timing", timing::run),
    ];
    let mut table = Table::new();
    for (name, run) in subjects {
        if wanted.is_empty() || wanted.contains(&name) {
            eprintln!("{name} …");
            run(scale, &mut table);
        }
    }
    table.print();
}
