//! What would make it faster or safer, from the figures alone. Pure.

use super::alerts::{mb, ms};
use super::figures::{Figures, Finding, FindingKind};

/// One piece of advice with what speaks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    pub code: &'static str,
    pub about: String,
    pub title: String,
    pub sentence: String,
    pub evidence: String,
}

/// All there is, what would save most first.
pub fn advise(f: &Figures) -> Vec<Advice> {
    let mut advice = Vec::new();
    findings(f, &mut advice);
    repeats(f, &mut advice);
    statements(f, &mut advice);
    cache(f, &mut advice);
    writing(f, &mut advice);
    advice
}

fn piece(code: &'static str, about: &str, title: String, sentence: String, evidence: String) -> Advice {
    Advice { code, about: about.to_owned(), title, sentence, evidence }
}

fn findings(f: &Figures, advice: &mut Vec<Advice>) {
    let mut findings: Vec<_> = f.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.cost_us));
    for finding in findings {
        let (title, sentence) = remedy(finding);
        advice.push(piece(finding.kind.code(), &finding.about, title, sentence, finding.evidence.clone()));
    }
}

/// What it is, and what to do.
fn remedy(finding: &Finding) -> (String, String) {
    let about = &finding.about;
    let on = finding.table.as_deref().unwrap_or("its table");
    // No sentence names columns that nobody found.
    let index = match (&finding.existing, finding.columns.as_slice()) {
        (Some(existing), _) => {
            format!(
                "The index {existing} begins with what it asks and is not used: see its plan, and word it so that it is."
            )
        }
        (None, []) => {
            format!("See its plan: which columns an index on {on} needs cannot be read from its text with certainty.")
        }
        (None, columns) => format!("Index {on} by ({}).", columns.join(", ")),
    };
    match finding.kind {
        FindingKind::UndeclaredScan if finding.columns.is_empty() => (format!("{about} reads all of {on}"), index),
        FindingKind::UndeclaredScan => (format!("An index would serve {about}"), index),
        FindingKind::AutomaticIndex => (format!("{about} has an index made at every run"), index),
        FindingKind::UndeclaredSort => (format!("{about} sorts what an index could keep in order"), index),
        FindingKind::MissingIndex => (format!("The index {about} is missing"), format!("Make it anew. {index}")),
        FindingKind::PlanChanged => {
            (format!("{about} runs otherwise than at the last start"), "See that its time has not grown.".to_owned())
        }
        FindingKind::UnusedIndex => {
            (format!("The index {about} serves no statement"), "It costs every write; drop it.".to_owned())
        }
    }
}

fn repeats(f: &Figures, advice: &mut Vec<Advice>) {
    for repeat in &f.repeats {
        let about = format!("{} in {} {}", repeat.statement, repeat.method, repeat.route);
        let title = format!("{} {} asks {} again and again", repeat.method, repeat.route, repeat.statement);
        let sentence = "Read all its rows in one statement, by a join or a list.".to_owned();
        let evidence = format!(
            "up to {} runs in one request, {} in {} requests",
            repeat.runs_max,
            ms(repeat.ns / 1_000),
            repeat.requests
        );
        advice.push(piece("n_plus_one", &about, title, sentence, evidence));
    }
}

fn statements(f: &Figures, advice: &mut Vec<Advice>) {
    for s in f.statements.iter().filter(|s| s.slow_hour > 0) {
        let title = format!("{} is slow at times", s.name);
        let sentence = "See its plan, and whether it waits for the disk.".to_owned();
        let hour = s.took.hour;
        let evidence = format!(
            "{} of {} runs in the last hour over {} ms, the longest {}",
            s.slow_hour,
            hour.count,
            f.slow_limit_ms,
            ms(hour.max_us)
        );
        advice.push(piece("slow_statement", s.name, title, sentence, evidence));
    }
    for s in f.statements.iter().filter(|s| s.share_per_mille >= 500 && s.took.start.total_us >= 10_000_000) {
        let title = format!("{} takes most of the database's time", s.name);
        let sentence = "Whatever makes it cheaper makes the whole server faster.".to_owned();
        let evidence = format!(
            "{}.{} % of it, {} runs of {} on average",
            s.share_per_mille / 10,
            s.share_per_mille % 10,
            s.took.start.count,
            ms(s.took.start.mean_us)
        );
        advice.push(piece("top_statement", s.name, title, sentence, evidence));
    }
}

fn cache(f: &Figures, advice: &mut Vec<Advice>) {
    for ns in &f.cache {
        if ns.evictions > ns.hits / 10 && ns.evictions > 100 {
            let title = format!("The cache of {} is too small", ns.name);
            let sentence = format!("Give it more with cache.{}.bytes_max.", ns.name);
            let evidence = format!(
                "{} entries pushed out for {} found, {} of {} used",
                ns.evictions,
                ns.hits,
                mb(ns.bytes),
                mb(ns.bytes_max)
            );
            advice.push(piece("cache_small", ns.name, title, sentence, evidence));
        }
    }
}

fn writing(f: &Figures, advice: &mut Vec<Advice>) {
    let commit = f.writer.commit.hour;
    if commit.count >= 20 && commit.p50_us > 10_000 {
        let title = "A faster disk would help every order".to_owned();
        let sentence = "Put the file on an SSD instead of a card or a stick.".to_owned();
        let evidence = format!("half of the commits take {} and more", ms(commit.p50_us));
        advice.push(piece("slow_disk", "", title, sentence, evidence));
    }
    if f.pool.refused > 0 {
        let sentence = "Give the server more readers with --readers.".to_owned();
        let evidence = format!("{} reads turned away since the start with {} readers", f.pool.refused, f.pool.readers);
        advice.push(piece("more_readers", "", "More readers would help".to_owned(), sentence, evidence));
    }
}
