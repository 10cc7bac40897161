//! The run: rounds of both programs in turn.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::cases::{Case, World};
use crate::child::{Door, Program, Running, Subject};
use crate::runtime_api::Answer;
use crate::statistics::Sample;
use crate::store::Store;
use crate::throttle::Throttle;

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Starts of each program, of each kind.
    starts: usize,
    /// Rounds of warm calls; in each, every program and case has its turn.
    rounds: usize,
    /// Calls in a turn.
    calls: usize,
    /// Calls of a throttled program.
    throttled: usize,
}

impl Plan {
    pub const FULL: Self = Self { starts: 15, rounds: 20, calls: 100, throttled: 200 };
    pub const QUICK: Self = Self { starts: 5, rounds: 5, calls: 100, throttled: 60 };
}

/// What one case of one program came to.
#[derive(Debug)]
pub struct Warm {
    pub door: Door,
    pub case: Case,
    /// Microseconds.
    pub latency: Sample,
    /// Microseconds of processor time a call, one value a turn.
    pub processor: Sample,
    /// Bytes of the answer.
    pub answer: usize,
}

/// What one way of starting one program came to, in milliseconds.
#[derive(Debug, Default)]
pub struct Cold {
    /// From the start of the process until it asks for an event.
    pub init: Sample,
    /// From the first event until its answer.
    pub first: Sample,
    /// From the start of the process until the first answer.
    pub whole: Sample,
    /// Processor time of the whole.
    pub processor: Sample,
}

#[derive(Debug)]
pub struct Results {
    pub subject: Subject,
    pub zip: u64,
    pub warm: Vec<Warm>,
    pub cold_plain: Cold,
    pub cold_tls: Cold,
    /// Over TLS, the init phase at full speed, then 7 % of a core.
    pub cold_throttled: Cold,
    /// Warm calls of the PAT with 7 % of a core, over TLS, in microseconds.
    pub throttled: Sample,
    /// After all warm calls over TLS, in MiB.
    pub memory: f64,
    pub throttled_by: &'static str,
}

/// Measures the programs, interleaved.
pub fn run(programs: &[Program; 2], plan: Plan) -> Vec<Results> {
    let pack = std::fs::read_to_string(programs[0].directory.join("api.pack.json")).expect("the product's pack");
    let world = World::new(&pack);
    let store = Store::start(world.records());
    let roots = programs.each_ref().map(|program| roots(program, &store));
    let bench = Bench { programs, world: &world, store: &store, roots: &roots, plan };
    let mut results: Vec<Results> = programs.iter().map(Results::of).collect();
    bench.cold(&mut results);
    bench.warm(&mut results, Door::Plain);
    bench.warm(&mut results, Door::Tls);
    bench.throttled(&mut results);
    results
}

/// The roots that a program reads: the baseline those of the system, as its default is, with the store's among them;
/// the product, which on Lambda reads none, the store's alone.
fn roots(program: &Program, store: &Store) -> PathBuf {
    let system = match program.subject {
        Subject::Product => String::new(),
        Subject::Baseline => std::fs::read_to_string("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default(),
    };
    let name = format!("authorizer-bench-{}-{}.pem", std::process::id(), program.subject.name());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, format!("{}{system}", store.certificate)).expect("the roots can be written");
    file
}

struct Bench<'a> {
    programs: &'a [Program; 2],
    world: &'a World,
    store: &'a Store,
    roots: &'a [PathBuf; 2],
    plan: Plan,
}

impl Bench<'_> {
    fn start(&self, index: usize, door: Door) -> Running {
        Running::start(&self.programs[index], self.world, self.store, door, &self.roots[index])
    }

    fn event(&self, case: Case) -> Arc<str> {
        Arc::from(self.world.event(case))
    }

    fn cold(&self, results: &mut [Results]) {
        let event = self.event(Case::Pat);
        for round in 0..self.plan.starts {
            eprintln!("cold starts: round {} of {}", round + 1, self.plan.starts);
            for (index, results) in results.iter_mut().enumerate() {
                start(&self.start(index, Door::Plain), &event, &mut results.cold_plain, |_| None);
                start(&self.start(index, Door::Tls), &event, &mut results.cold_tls, |_| None);
                let mut method = "";
                start(&self.start(index, Door::Tls), &event, &mut results.cold_throttled, |running| {
                    let throttle = Throttle::on(running.pid());
                    method = throttle.method();
                    Some(throttle)
                });
                results.throttled_by = method;
            }
        }
    }

    fn warm(&self, results: &mut [Results], door: Door) {
        let running: Vec<Running> = (0..results.len()).map(|index| self.start(index, door)).collect();
        let cases = Case::ALL.map(|case| (case, self.event(case)));
        for (running, results) in running.iter().zip(results.iter_mut()) {
            running.api.wait();
            for (case, event) in &cases {
                let mut answer = running.api.ask(event);
                for _ in 0..self.plan.calls {
                    answer = running.api.ask(event);
                    check(*case, &answer, results.subject);
                }
                let (latency, processor) = (Sample::default(), Sample::default());
                results.warm.push(Warm { door, case: *case, latency, processor, answer: answer.body.len() });
            }
        }
        for round in 0..self.plan.rounds {
            eprintln!("warm calls, {door:?}: round {} of {}", round + 1, self.plan.rounds);
            for (case, event) in &cases {
                for (running, results) in running.iter().zip(results.iter_mut()) {
                    let warm =
                        results.warm.iter_mut().find(|it| it.door == door && it.case == *case).expect("the case");
                    self.turn(running, event, warm);
                }
            }
        }
        for (running, results) in running.iter().zip(results.iter_mut()) {
            results.memory = running.peak_memory();
        }
    }

    fn turn(&self, running: &Running, event: &Arc<str>, warm: &mut Warm) {
        let before = running.processor_time();
        for _ in 0..self.plan.calls {
            let answer = running.api.ask(event);
            warm.latency.add(microseconds(answer.came - answer.sent));
        }
        let used = running.processor_time().saturating_sub(before);
        warm.processor.add(microseconds(used) / self.plan.calls as f64);
    }

    fn throttled(&self, results: &mut [Results]) {
        let event = self.event(Case::Pat);
        for (index, results) in results.iter_mut().enumerate() {
            eprintln!("throttled calls: {}", results.subject.name());
            let running = self.start(index, Door::Tls);
            running.api.wait();
            for _ in 0..10 {
                running.api.ask(&event);
            }
            let _throttle = Throttle::on(running.pid());
            for _ in 0..self.plan.throttled {
                let answer = running.api.ask(&event);
                results.throttled.add(microseconds(answer.came - answer.sent));
            }
        }
    }
}

impl Results {
    fn of(program: &Program) -> Self {
        Self {
            subject: program.subject,
            zip: std::fs::metadata(&program.zip).expect("the zip").len(),
            warm: Vec::new(),
            cold_plain: Cold::default(),
            cold_tls: Cold::default(),
            cold_throttled: Cold::default(),
            throttled: Sample::default(),
            memory: 0.0,
            throttled_by: "",
        }
    }

    /// What a case came to.
    pub fn warm(&self, door: Door, case: Case) -> &Warm {
        self.warm.iter().find(|it| it.door == door && it.case == case).expect("the case was measured")
    }
}

/// One start, held back by `hold` once its init phase is over.
fn start(running: &Running, event: &Arc<str>, cold: &mut Cold, hold: impl FnOnce(&Running) -> Option<Throttle>) {
    let ready = running.api.wait();
    let throttle = hold(running);
    let answer = running.api.ask(event);
    let processor = running.processor_time();
    drop(throttle);
    assert!(!answer.is_error, "the first answer is an error: {}", String::from_utf8_lossy(&answer.body));
    let (init, first) = (ready - running.started, answer.came - answer.sent);
    cold.init.add(milliseconds(init));
    cold.first.add(milliseconds(first));
    cold.whole.add(milliseconds(init + first));
    cold.processor.add(milliseconds(processor));
}

/// A run whose answers are wrong measures nothing.
fn check(case: Case, answer: &Answer, subject: Subject) {
    let text = String::from_utf8_lossy(&answer.body);
    let right = if answer.is_error {
        !case.is_allowed() && text.contains("Unauthorized")
    } else {
        case.is_allowed() && text.contains("\"Allow\"") && text.contains("/prod/GET/v1/")
    };
    assert!(right, "{}, {}: {text}", subject.name(), case.name());
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
