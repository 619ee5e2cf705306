//! What the server says of itself while it is measured: the most memory it held, and its checkpoints.

use std::time::Duration;

use parking_lot::Mutex;

use super::client::Ask;
use super::run::Run;

/// Between two looks: often enough to see a peak that lasts, seldom enough to be no load.
const EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct Observed(Mutex<Seen>);

#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    memory_bytes: Option<u64>,
    /// At the first look, and at the last.
    checkpoints: Option<(u64, u64)>,
}

impl Observed {
    /// The most memory the server was seen to hold, in bytes; `None` where it does not say.
    pub(super) fn memory_bytes(&self) -> Option<u64> {
        self.0.lock().memory_bytes
    }

    /// Checkpoints between the first look and the last.
    pub(super) fn checkpoints(&self) -> Option<u64> {
        self.0.lock().checkpoints.map(|(first, last)| last.saturating_sub(first))
    }

    /// Looks once. What cannot be had is left out: figures are no reason to end a run.
    pub(super) async fn look(&self, run: &Run) {
        let Ok(mut at) = run.connection() else { return };
        let Ok(metrics) = at.send(&Ask::get("/metrics").keep()).await else { return };
        let Ok(text) = String::from_utf8(metrics.body) else { return };
        let mut seen = self.0.lock();
        let memory = sum(&text, "process_resident_memory_bytes");
        seen.memory_bytes = seen.memory_bytes.max(memory);
        if let Some(now) = sum(&text, "comanda_checkpoints_total") {
            let first = seen.checkpoints.map_or(now, |(first, _)| first);
            seen.checkpoints = Some((first, now));
        }
    }

    /// Looks again and again; never ends.
    pub(super) async fn watch(&self, run: &Run) -> ! {
        loop {
            self.look(run).await;
            tokio::time::sleep(EVERY).await;
        }
    }
}

/// Of all samples of a metric.
fn sum(text: &str, metric: &str) -> Option<u64> {
    let samples = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(metric)?;
        rest.starts_with([' ', '{']).then(|| rest.rsplit(' ').next()?.parse::<u64>().ok()).flatten()
    });
    samples.reduce(|a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::sum;

    #[test]
    fn samples_of_a_metric_are_added() {
        let text = "# HELP a_total x\na_total{mode=\"passive\"} 2\na_total{mode=\"truncate\"} 3\na_totally 9\nb 7\n";
        assert_eq!((sum(text, "a_total"), sum(text, "b"), sum(text, "c")), (Some(5), Some(7), None));
    }
}
