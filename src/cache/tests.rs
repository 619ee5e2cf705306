use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::AtomicU64;
use std::thread;

use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::*;
use crate::error::{Error, Fault, Refusal};

const NS: Namespace = Namespace::Menu;
const TTL_MS: u64 = 1_000;

/// A cache whose time is moved by hand.
struct Bench {
    cache: Cache,
    now_ms: Arc<AtomicU64>,
}

impl Bench {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl Fn(&mut Limits)) -> Self {
        let mut config = Config::default();
        for ns in Namespace::ALL {
            *config.of_mut(ns) = Limits { ttl_ms: TTL_MS, bytes_max: 1 << 20, enabled: true };
            change(config.of_mut(ns));
        }
        let now_ms = Arc::new(AtomicU64::new(50_000));
        let clock = now_ms.clone();
        let cache = Cache::with_clock(config, Arc::new(move || clock.load(Ordering::SeqCst)));
        Self { cache, now_ms }
    }

    fn at(&self, ms: u64) {
        self.now_ms.store(ms, Ordering::SeqCst);
    }

    fn stats(&self) -> NamespaceStats {
        self.cache.stats().into_iter().find(|s| s.namespace == NS).unwrap()
    }

    async fn put(&self, key: &str, tags: &[Tag], text: &str) {
        self.put_filled(key, tags, body(text).into()).await;
    }

    async fn put_filled(&self, key: &str, tags: &[Tag], filled: Filled) {
        let filled = self.cache.get_or_fill(Key::named(NS, key), tags.to_vec(), || async { Ok(filled) }).await;
        assert_eq!(filled.unwrap().1, Outcome::Miss, "{key}");
    }

    fn has(&self, key: &str) -> bool {
        self.cache.get(&Key::named(NS, key)).is_some()
    }

    /// A fill that has begun and waits for its text. It runs on even when the asker is dropped.
    async fn gated(&self, key: &str, tags: &[Tag], more_tags: &[Tag]) -> Gated {
        let (gate, text) = oneshot::channel::<Result<String>>();
        let (begun, mut has_begun) = oneshot::channel();
        let before = self.stats();
        let (cache, key, tags, more_tags) =
            (self.cache.clone(), Key::named(NS, key), tags.to_vec(), more_tags.to_vec());
        let asker = rt::spawn(async move {
            let fill = || async move {
                begun.send(()).unwrap();
                let text = text.await.unwrap()?;
                Ok(Filled { body: body(&text), until_ms: None, more_tags })
            };
            cache.get_or_fill(key, tags, fill).await
        });
        while has_begun.try_recv().is_err() {
            let stats = self.stats();
            assert_eq!((stats.hits, stats.waits), (before.hits, before.waits), "no fill of its own");
            yield_now().await;
        }
        Gated { gate, asker }
    }

    /// Asks with a fill that answers at once, and returns when the asker has joined or flown.
    async fn ask(&self, key: &str, tags: &[Tag], text: &str) -> Asker {
        let before = self.stats();
        let (cache, key, tags, text) = (self.cache.clone(), Key::named(NS, key), tags.to_vec(), text.to_owned());
        let asker =
            rt::spawn(async move { cache.get_or_fill(key, tags, || async move { Ok(body(&text).into()) }).await });
        let asked = |s: &NamespaceStats| s.hits + s.waits + s.misses;
        while asked(&self.stats()) == asked(&before) {
            yield_now().await;
        }
        asker
    }
}

type Asker = rt::task::JoinHandle<Result<(Arc<Body>, Outcome)>>;

struct Gated {
    gate: oneshot::Sender<Result<String>>,
    asker: Asker,
}

impl Gated {
    fn open(self, text: &str) -> Asker {
        self.gate.send(Ok(text.to_owned())).unwrap();
        self.asker
    }
}

fn body(text: &str) -> Body {
    Body::new(text.as_bytes().to_vec())
}

async fn expect(asker: Asker, text: &str, outcome: Outcome) {
    let (body, come_by) = asker.await.unwrap().unwrap();
    assert_eq!((std::str::from_utf8(&body.json).unwrap(), come_by), (text, outcome));
}

#[actix_web::test]
async fn ttl_and_until_end_an_entry_and_so_does_a_clock_set_back() {
    async fn check(until_ms: Option<u64>, alive_at: &[u64], dead_at: &[u64]) {
        for (times, alive) in [(alive_at, true), (dead_at, false)] {
            for &ms in times {
                let bench = Bench::new();
                bench.put_filled("k", &[], Filled { body: body("1"), until_ms, more_tags: vec![] }).await;
                bench.at(ms);
                assert_eq!(bench.has("k"), alive, "until {until_ms:?}, at {ms}");
                assert_eq!(bench.stats().expiries, u64::from(!alive && bench.stats().discarded == 0));
            }
        }
    }
    check(None, &[50_000, 50_999], &[51_000, 90_000, 49_999, 0]).await;
    check(Some(50_400), &[50_000, 50_399], &[50_400, 50_999]).await;
    check(Some(60_000), &[50_999], &[51_000]).await;
    check(Some(50_000), &[], &[50_000]).await;
}

#[actix_web::test]
async fn ttl_runs_from_the_beginning_of_the_fill() {
    let bench = Bench::new();
    let fill = bench.gated("k", &[], &[]).await;
    bench.at(50_900);
    expect(fill.open("1"), "1", Outcome::Miss).await;
    assert!(bench.has("k"));
    bench.at(51_000);
    assert!(!bench.has("k"));
}

#[actix_web::test]
async fn a_touched_tag_takes_what_carries_it_and_nothing_else() {
    async fn check(tags: &[Tag], more_tags: &[Tag], touched: &[Tag], stays: bool) {
        let bench = Bench::new();
        let filled = Filled { body: body("1"), until_ms: None, more_tags: more_tags.to_vec() };
        bench.put_filled("k", tags, filled).await;
        assert!(bench.has("k"));
        bench.cache.invalidate(touched);
        assert_eq!(bench.has("k"), stays, "{tags:?} and {more_tags:?}, touched {touched:?}");
        assert_eq!(bench.stats().invalidations, u64::from(!stays));
        assert_eq!(bench.stats().entries, usize::from(stays));
    }
    use Tag::*;
    check(&[Menu], &[], &[Menu], false).await;
    check(&[Menu, Item(7)], &[], &[Item(7)], false).await;
    check(&[Menu], &[Item(7)], &[Order(1), Item(7)], false).await;
    check(&[Day(20_000), Month(24_000)], &[], &[Month(24_000)], false).await;
    check(&[Menu, Item(7)], &[], &[Item(8), Availability, Order(7), Day(7), Month(7)], true).await;
    check(&[Day(20_000)], &[], &[Day(20_001), Day(19_999)], true).await;
    check(&[Order(5)], &[], &[Order(6), Item(5), Orders], true).await;
    check(&[], &[], &[Menu], true).await;
    check(&[Menu], &[], &[], true).await;
}

#[actix_web::test]
async fn prefix_and_namespace_take_entries_and_running_fills() {
    let bench = Bench::new();
    for key in ["menu?role=waiter", "menu?role=owner", "items/1"] {
        bench.put(key, &[], "1").await;
    }
    let fill = bench.gated("menu?role=kitchen", &[], &[]).await;
    assert_eq!(bench.cache.invalidate_prefix(Namespace::Floor, ""), 0);
    assert_eq!(bench.cache.invalidate_prefix(NS, "menu?"), 2);
    assert!(!bench.has("menu?role=owner") && bench.has("items/1"));
    expect(bench.ask("menu?role=kitchen", &[], "new").await, "new", Outcome::Miss).await;
    expect(fill.open("old"), "old", Outcome::Miss).await;
    expect(bench.ask("menu?role=kitchen", &[], "newer").await, "new", Outcome::Hit).await;
    assert_eq!(bench.cache.invalidate_namespace(NS), 2);
    assert_eq!((bench.stats().entries, bench.stats().bytes), (0, 0));
}

#[actix_web::test]
async fn bytes_are_bounded_and_the_least_used_goes_first() {
    let bytes_max = 20_000;
    let bench = Bench::with(|limits| limits.bytes_max = bytes_max);
    bench.put("hot", &[], "hot").await;
    for n in 0..200 {
        bench.at(50_000 + n);
        bench.put(&format!("k{n}"), &[], &format!("{n:0500}")).await;
        assert!(bench.has("hot"), "pushed out after {n}");
        assert!(bench.has(&format!("k{n}")), "{n} was not kept");
        assert!(bench.stats().bytes <= bytes_max);
    }
    let stats = bench.stats();
    assert_eq!(stats.evictions, 201 - stats.entries as u64);
    assert!(stats.entries > 10, "{} entries", stats.entries);
    assert!(!bench.has("k0"));
    bench.cache.invalidate_namespace(NS);
    assert_eq!(bench.stats().bytes, 0);
}

#[actix_web::test]
async fn a_body_above_the_budget_is_answered_and_not_kept() {
    let bench = Bench::with(|limits| limits.bytes_max = 2_000);
    bench.put("small", &[], "1").await;
    bench.put("large", &[], &"x".repeat(2_000)).await;
    assert!(bench.has("small") && !bench.has("large"));
    assert_eq!((bench.stats().discarded, bench.stats().evictions), (1, 0));
}

#[actix_web::test]
async fn all_together_are_bounded_too() {
    let config = Config { bytes_max: 20_000, ..Config::default() };
    let now_ms = Arc::new(AtomicU64::new(50_000));
    let clock = now_ms.clone();
    let cache = Cache::with_clock(config, Arc::new(move || clock.load(Ordering::SeqCst)));
    for n in 0..100 {
        now_ms.fetch_add(1, Ordering::SeqCst);
        let ns = Namespace::ALL[n % Namespace::ALL.len()];
        let key = Key::of(ns).part(n).key();
        let json = vec![b'7'; 500];
        let (_, outcome) =
            cache.get_or_fill(key.clone(), vec![], || async { Ok(Body::new(json).into()) }).await.unwrap();
        assert_eq!(outcome, Outcome::Miss);
        assert!(cache.get(&key).is_some(), "{key} was not kept");
        assert!(cache.totals().bytes <= 20_000);
    }
    let stats = cache.stats();
    let entries: usize = stats.iter().map(|ns| ns.entries).sum();
    // What was used longest ago goes first, whosever it is: so everybody keeps about the same.
    assert!(entries > 15 && stats.iter().all(|ns| ns.entries > 0), "{stats:?}");
    assert_eq!(stats.iter().map(|ns| ns.evictions).sum::<u64>(), 100 - entries as u64);
    assert!(cache.get(&Key::of(Namespace::ALL[0]).part(0).key()).is_none());
}

#[actix_web::test]
async fn a_part_is_kept_unless_a_write_came_since_its_mark() {
    let bench = Bench::new();
    let key = Key::named(NS, "part");
    let keep = |mark| bench.cache.keep(&key, &[Tag::Item(7)], mark, Body::part(b"1".to_vec()), Duration::ZERO);
    let early = bench.cache.mark();
    bench.cache.invalidate(&[Tag::Item(7)]);
    assert_eq!(&keep(early).json[..], b"1", "made is made");
    assert!(bench.cache.get(&key).is_none());
    keep(bench.cache.mark());
    assert_eq!(&bench.cache.get(&key).unwrap().json[..], b"1");
    bench.cache.invalidate(&[Tag::Item(7)]);
    assert!(bench.cache.get(&key).is_none());
    let stats = bench.stats();
    assert_eq!((stats.misses, stats.fills, stats.hits, stats.discarded, stats.invalidations), (2, 2, 1, 1, 1));
}

#[actix_web::test]
async fn a_refusal_is_kept_as_long_as_it_says() {
    let bench = Bench::new();
    let refusal = Body::refusal(Box::new(Refusal::NotFound.because("There is no order 7.")));
    let filled = Filled { body: refusal, until_ms: Some(50_010), more_tags: vec![Tag::Order(7)] };
    bench.put_filled("k", &[], filled).await;
    let kept = bench.cache.get(&Key::named(NS, "k")).unwrap();
    assert_eq!(kept.refused().unwrap().refusal, Refusal::NotFound);
    assert_eq!(bench.stats().refusals, 1);
    bench.at(50_010);
    assert!(!bench.has("k"));
}

#[actix_web::test]
async fn times_and_rates_are_told() {
    let bench = Bench::new();
    assert_eq!(bench.stats().hit_rate(), None);
    bench.put("k", &[Tag::Menu], "1").await;
    assert!(bench.has("k") && bench.has("k"));
    bench.cache.invalidate(&[Tag::Floor]);
    bench.cache.invalidate(&[Tag::Menu]);
    bench.cache.invalidate_prefix(NS, "k");
    let stats = bench.stats();
    assert_eq!(stats.hit_rate(), Some(6_666));
    assert_eq!((stats.filling.count(), stats.drops.count(), stats.waited.count()), (1, 1, 0));
    assert!(stats.filling.max() > 0 && stats.drops.max() > 0);
    let invalidations = bench.cache.totals().invalidations;
    assert_eq!(invalidations.count(), 2);
    assert!(invalidations.max() > 0 && invalidations.max() <= invalidations.total());
}

#[actix_web::test]
async fn a_namespace_switched_off_keeps_nothing() {
    let bench = Bench::with(|limits| limits.enabled = false);
    bench.put("k", &[], "1").await;
    bench.put("k", &[], "2").await;
    assert!(!bench.has("k"));
}

#[actix_web::test]
async fn the_dead_give_their_memory_back() {
    let bench = Bench::new();
    for n in 0..100 {
        bench.put(&format!("k{n}"), &[Tag::Item(n)], "1").await;
    }
    for n in 0..40 {
        bench.cache.invalidate(&[Tag::Item(n)]);
    }
    assert_eq!(bench.cache.sweep(), 40);
    assert_eq!((bench.stats().entries, bench.stats().invalidations), (60, 40));
    bench.at(60_000);
    // Stores alone clear their shards, a few entries each.
    for n in 0..100 {
        bench.put(&format!("n{n}"), &[], "1").await;
    }
    assert_eq!((bench.stats().entries, bench.stats().expiries), (100, 60));
}

#[actix_web::test]
async fn a_hundred_askers_are_one_fill() {
    let bench = Bench::new();
    let fill = bench.gated("k", &[Tag::Menu], &[]).await;
    let mut askers = Vec::new();
    for _ in 0..99 {
        askers.push(bench.ask("k", &[Tag::Menu], "never").await);
    }
    assert_eq!(bench.stats().waits, 99);
    expect(fill.open("1"), "1", Outcome::Miss).await;
    for asker in askers {
        expect(asker, "1", Outcome::Waited).await;
    }
    expect(bench.ask("k", &[Tag::Menu], "never").await, "1", Outcome::Hit).await;
    let stats = bench.stats();
    assert_eq!((stats.misses, stats.fills, stats.waits, stats.hits, stats.failures), (1, 1, 99, 1, 0));
}

#[actix_web::test]
async fn who_comes_after_a_write_gets_a_fill_begun_after_it() {
    let bench = Bench::new();
    let old = bench.gated("k", &[Tag::Menu], &[]).await;
    let early = bench.ask("k", &[Tag::Menu], "unused").await;
    bench.cache.invalidate(&[Tag::Menu]);
    let new = bench.gated("k", &[Tag::Menu], &[]).await;
    let late = bench.ask("k", &[Tag::Menu], "unused").await;
    // The old one ends while the new one runs: it is neither stored nor does it end the new flight.
    expect(old.open("old"), "old", Outcome::Miss).await;
    assert!(!bench.has("k"));
    let later = bench.ask("k", &[Tag::Menu], "unused").await;
    expect(new.open("new"), "new", Outcome::Miss).await;
    expect(late, "new", Outcome::Waited).await;
    expect(later, "new", Outcome::Waited).await;
    assert_eq!(&bench.cache.get(&Key::named(NS, "k")).unwrap().json[..], b"new");
    // Who came before the write may take either; here the old flight's end was already stale.
    assert!(early.await.unwrap().is_ok());
    assert_eq!(bench.stats().discarded, 1);
}

#[actix_web::test]
async fn a_fill_that_ends_after_the_new_one_does_not_replace_it() {
    let bench = Bench::new();
    let old = bench.gated("k", &[Tag::Menu], &[]).await;
    bench.cache.invalidate(&[Tag::Menu]);
    let new = bench.gated("k", &[Tag::Menu], &[]).await;
    expect(new.open("new"), "new", Outcome::Miss).await;
    expect(old.open("old"), "old", Outcome::Miss).await;
    expect(bench.ask("k", &[Tag::Menu], "unused").await, "new", Outcome::Hit).await;
}

#[actix_web::test]
async fn a_tag_told_by_the_query_counts_from_the_beginning_of_the_fill() {
    let bench = Bench::new();
    let old = bench.gated("k", &[Tag::Menu], &[Tag::Item(7)]).await;
    bench.cache.invalidate(&[Tag::Item(7)]);
    // It joins, since nobody knows yet that the fill reads item 7, and must not take what comes.
    let late = bench.ask("k", &[Tag::Menu], "new").await;
    assert_eq!(bench.stats().waits, 1);
    expect(old.open("old"), "old", Outcome::Miss).await;
    expect(late, "new", Outcome::Miss).await;
    expect(bench.ask("k", &[Tag::Menu], "unused").await, "new", Outcome::Hit).await;
}

#[actix_web::test]
async fn a_write_elsewhere_leaves_a_running_fill_alone() {
    let bench = Bench::new();
    let fill = bench.gated("k", &[Tag::Menu], &[Tag::Item(7)]).await;
    bench.cache.invalidate(&[Tag::Item(8), Tag::Floor]);
    let late = bench.ask("k", &[Tag::Menu], "unused").await;
    expect(fill.open("1"), "1", Outcome::Miss).await;
    expect(late, "1", Outcome::Waited).await;
    assert!(bench.has("k"));
}

#[actix_web::test]
async fn a_fill_ends_and_wakes_its_waiters_when_the_asker_has_left() {
    let bench = Bench::new();
    let Gated { gate, asker } = bench.gated("k", &[], &[]).await;
    let waiter = bench.ask("k", &[], "unused").await;
    asker.abort();
    assert!(asker.await.unwrap_err().is_cancelled());
    gate.send(Ok("1".to_owned())).unwrap();
    expect(waiter, "1", Outcome::Waited).await;
    assert!(bench.has("k"));
    assert_eq!(bench.stats().fills, 1);
}

#[actix_web::test]
async fn errors_reach_everyone_and_are_not_kept() {
    async fn check(error: Error, told: &str, class: Class) {
        let bench = Bench::new();
        let Gated { gate, asker } = bench.gated("k", &[], &[]).await;
        let waiter = bench.ask("k", &[], "unused").await;
        gate.send(Err(error)).unwrap();
        for asker in [asker, waiter] {
            assert_eq!(asker.await.unwrap().unwrap_err().to_string(), told);
        }
        expect(bench.ask("k", &[], "1").await, "1", Outcome::Miss).await;
        assert_eq!((bench.stats().failures, bench.stats().fills), (1, 1));
        let fills = bench.cache.0.namespaces[NS as usize].meters.fills.read();
        assert_eq!((fills.errors.of(class), fills.errors.total()), (1, 1), "{told}");
    }
    check(Refusal::NotFound.because("no such item").into(), "not_found: no such item", Class::Refused).await;
    check(Refusal::Busy.because("wait").into(), "busy: wait", Class::Busy).await;
    check(Fault::new("disk").into(), "disk", Class::Fault).await;
}

#[actix_web::test]
async fn a_panic_wakes_the_waiters_and_clears_the_way() {
    let bench = Bench::new();
    let Gated { gate, asker } = bench.gated("k", &[], &[]).await;
    let waiter = bench.ask("k", &[], "unused").await;
    // The fill unwraps what the gate brings.
    drop(gate);
    for asker in [asker, waiter] {
        assert!(matches!(asker.await.unwrap(), Err(Error::Fault(_))));
    }
    expect(bench.ask("k", &[], "1").await, "1", Outcome::Miss).await;
    assert_eq!(bench.stats().failures, 1);
}

#[actix_web::test]
async fn the_fill_is_not_begun_for_a_hit() {
    let bench = Bench::new();
    let begun = Rc::new(Cell::new(0));
    for _ in 0..3 {
        let (cache, count) = (bench.cache.clone(), begun.clone());
        let fill = || async move {
            count.set(count.get() + 1);
            Ok(body("1").into())
        };
        cache.get_or_fill(Key::named(NS, "k"), vec![], fill).await.unwrap();
    }
    assert_eq!(begun.get(), 1);
}

/// Writers move a number, invalidate and only then acknowledge it; readers on event loops of their
/// own note what was acknowledged, ask, and must not get less.
#[test]
fn no_reader_gets_a_body_older_than_an_acknowledged_write() {
    const SUBJECTS: usize = 3;
    const WRITERS: usize = 2;
    const WRITES: u64 = 4_000;
    const READERS: usize = 3;
    const TASKS: usize = 4;

    #[derive(Default)]
    struct Subject {
        committed: AtomicU64,
        acknowledged: AtomicU64,
    }

    struct World {
        cache: Cache,
        subjects: [Subject; SUBJECTS],
        writers_left: AtomicUsize,
        reads: AtomicU64,
        seen: AtomicU64,
        stale: AtomicU64,
    }

    impl World {
        fn write(&self, at: usize) {
            let subject = &self.subjects[at];
            let version = subject.committed.fetch_add(1, Ordering::SeqCst) + 1;
            // For one subject in two ways: known before the query, or told by it.
            self.cache.invalidate(&[Tag::Item(at as i64), Tag::Order(at as i64)]);
            subject.acknowledged.fetch_max(version, Ordering::SeqCst);
        }

        async fn read(self: &Arc<Self>, at: usize, told_late: bool) {
            let acknowledged = self.subjects[at].acknowledged.load(Ordering::SeqCst);
            let key = Key::named(NS, &format!("{at}{told_late}"));
            let got = match self.cache.get(&key) {
                Some(body) => body,
                None => {
                    let world = self.clone();
                    let (tags, more_tags) = if told_late {
                        (vec![], vec![Tag::Order(at as i64)])
                    } else {
                        (vec![Tag::Item(at as i64)], vec![])
                    };
                    let fill = move || async move {
                        let version = world.subjects[at].committed.load(Ordering::SeqCst);
                        // Lets writes and other askers come between the query and the store.
                        for _ in 0..3 {
                            yield_now().await;
                            thread::yield_now();
                        }
                        let body = Body::with_etag(version.to_string().into_bytes(), &version.to_string());
                        Ok(Filled { body, until_ms: None, more_tags })
                    };
                    self.cache.get_or_fill(key, tags, fill).await.unwrap().0
                }
            };
            let version: u64 = std::str::from_utf8(&got.json).unwrap().parse().unwrap();
            // Gathered, not asserted: a reader that ended here would leave the writers waiting.
            self.stale.fetch_add(u64::from(version < acknowledged), Ordering::SeqCst);
            self.reads.fetch_add(1, Ordering::SeqCst);
            self.seen.fetch_max(version, Ordering::SeqCst);
        }
    }

    let world = Arc::new(World {
        cache: Bench::new().cache,
        subjects: Default::default(),
        writers_left: AtomicUsize::new(WRITERS),
        reads: AtomicU64::new(0),
        seen: AtomicU64::new(0),
        stale: AtomicU64::new(0),
    });
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let world = &world;
            scope.spawn(move || {
                for n in 0..WRITES {
                    world.write((n as usize + writer) % SUBJECTS);
                    // A pause that depends on nothing but the count lets readers find entries at times.
                    if n % 8 == 0 {
                        thread::yield_now();
                    }
                    if n % 64 == 0 {
                        let reads = world.reads.load(Ordering::SeqCst);
                        while world.reads.load(Ordering::SeqCst) < reads + 20 {
                            thread::yield_now();
                        }
                    }
                }
                world.writers_left.fetch_sub(1, Ordering::SeqCst);
            });
        }
        for _ in 0..READERS {
            let world = world.clone();
            scope.spawn(move || {
                rt::System::new().block_on(async move {
                    let tasks: Vec<_> = (0..TASKS)
                        .map(|task| {
                            let world = world.clone();
                            rt::spawn(async move {
                                let mut n = task;
                                while world.writers_left.load(Ordering::SeqCst) > 0 {
                                    world.read(n % SUBJECTS, n % 2 == 0).await;
                                    n += 1;
                                    yield_now().await;
                                }
                                for at in 0..SUBJECTS {
                                    world.read(at, true).await;
                                    world.read(at, false).await;
                                }
                            })
                        })
                        .collect();
                    for task in tasks {
                        task.await.unwrap();
                    }
                });
            });
        }
    });
    let stats = world.cache.stats().into_iter().find(|s| s.namespace == NS).unwrap();
    assert_eq!(world.stale.load(Ordering::SeqCst), 0, "bodies older than a write acknowledged before: {stats:?}");
    let written: u64 = world.subjects.iter().map(|s| s.acknowledged.load(Ordering::SeqCst)).sum();
    assert_eq!(written, WRITERS as u64 * WRITES);
    assert_eq!(
        world.seen.load(Ordering::SeqCst),
        world.subjects.iter().map(|s| s.committed.load(Ordering::SeqCst)).max().unwrap()
    );
    // The run met every way of coming by a body.
    assert!(stats.hits > 0 && stats.fills > 0 && stats.waits > 0 && stats.invalidations > 0, "{stats:?}");
}
