//! The figures, as Markdown for people and as JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cases::Case;
use crate::child::Door;
use crate::measure::{Cold, Results, Warm};

/// The requirements, as ratios to the baseline or as bounds: name, what was measured, what it may be.
struct Must {
    name: &'static str,
    value: f64,
    bound: f64,
    unit: &'static str,
}

pub fn markdown(results: &[Results]) -> String {
    let [product, baseline] = results else { return String::new() };
    let mut text = String::new();
    let mut row = |name: &str, unit: &str, value: &dyn Fn(&Results) -> f64, digits: usize| {
        let (ours, theirs) = (value(product), value(baseline));
        let ratio = ours / theirs;
        let _ = writeln!(text, "| {name}, {unit} | {ours:.digits$} | {theirs:.digits$} | {ratio:.2} |");
    };
    for door in [Door::Plain, Door::Tls] {
        for case in [Case::Pat, Case::AccessToken] {
            let name = |what: &str| format!("{}, {}: {what}", case.name(), door_name(door));
            row(&name("processor time a decision"), "µs", &|it| it.warm(door, case).processor.median(), 0);
            row(&name("latency p50"), "µs", &|it| it.warm(door, case).latency.median(), 0);
            row(&name("latency p95"), "µs", &|it| it.warm(door, case).latency.percentile(95.0), 0);
            row(&name("latency p99"), "µs", &|it| it.warm(door, case).latency.percentile(99.0), 0);
        }
    }
    row("cold start to first answer, plain", "ms", &|it| it.cold_plain.whole.median(), 1);
    row("cold start to first answer, TLS", "ms", &|it| it.cold_tls.whole.median(), 1);
    row("… of it processor time", "ms", &|it| it.cold_tls.processor.median(), 1);
    row("first answer at 128 MB, TLS, from the start", "ms", &|it| it.cold_throttled.whole.median(), 1);
    row("… from the event", "ms", &|it| it.cold_throttled.first.median(), 1);
    row("warm PAT at 128 MB, TLS: p50", "µs", &|it| it.throttled.median(), 0);
    row("warm PAT at 128 MB, TLS: p95", "µs", &|it| it.throttled.percentile(95.0), 0);
    row("peak memory", "MiB", &|it| it.memory, 1);
    row("zip", "MB", &|it| megabytes(it.zip), 2);
    let head = "| | product | baseline | ratio |\n|---|--:|--:|--:|\n";
    format!("{head}{text}\n{}\n{}\n{}\n", refusals(product), musts(product, baseline), conditions(product))
}

fn refusals(product: &Results) -> String {
    let mut text =
        "| refused before any read, plain | processor time, µs | latency p50, µs |\n|---|--:|--:|\n".to_owned();
    for case in Case::ALL.into_iter().filter(|case| !case.is_allowed()) {
        let warm = product.warm(Door::Plain, case);
        let (processor, latency) = (warm.processor.median(), warm.latency.median());
        let _ = writeln!(text, "| {} | {processor:.0} | {latency:.0} |", case.name());
    }
    text
}

fn requirements(product: &Results, baseline: &Results) -> Vec<Must> {
    let ratio = |value: &dyn Fn(&Results) -> f64| value(product) / value(baseline);
    let processor = |case: Case| ratio(&|it: &Results| it.warm(Door::Tls, case).processor.median());
    vec![
        Must { name: "processor time, PAT", value: processor(Case::Pat), bound: 1.0 / 3.0, unit: "of the baseline" },
        Must {
            name: "processor time, ES256",
            value: processor(Case::AccessToken),
            bound: 1.0 / 3.0,
            unit: "of the baseline",
        },
        Must {
            name: "first answer at 128 MB, TLS",
            value: ratio(&|it: &Results| it.cold_throttled.whole.median()),
            bound: 1.0 / 15.0,
            unit: "of the baseline",
        },
        Must { name: "zip", value: megabytes(product.zip), bound: 3.0, unit: "MB" },
        Must { name: "peak memory", value: product.memory, bound: 8.0, unit: "MiB" },
    ]
}

fn musts(product: &Results, baseline: &Results) -> String {
    let mut text = "| must | measured | at most | |\n|---|--:|--:|---|\n".to_owned();
    for Must { name, value, bound, unit } in requirements(product, baseline) {
        let verdict = if value <= bound { "holds" } else { "**missed**" };
        let _ = writeln!(text, "| {name} | {value:.3} {unit} | {bound:.3} | {verdict} |");
    }
    text
}

fn conditions(product: &Results) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    format!(
        "Medians. {cores} cores, load {load} at the end of the run; 128 MB: {}. {} calls a case, {} starts.",
        product.throttled_by,
        product.warm(Door::Plain, Case::Pat).latency.len(),
        product.cold_tls.whole.len()
    )
}

pub fn json(results: &[Results]) -> String {
    let mut document = serde_json::Map::new();
    for it in results {
        document.insert(it.subject.name().to_owned(), program(it));
    }
    if let [product, baseline] = results {
        let musts = requirements(product, baseline);
        let musts = musts
            .iter()
            .map(|it| json!({"name": it.name, "value": it.value, "at_most": it.bound, "holds": it.value <= it.bound}));
        document.insert("musts".to_owned(), musts.collect());
    }
    serde_json::to_string_pretty(&document).expect("figures are JSON")
}

fn program(it: &Results) -> Value {
    let warm = |warm: &Warm| {
        json!({
            "case": warm.case.name(), "door": door_name(warm.door), "processor_us": warm.processor.median(),
            "p50_us": warm.latency.median(), "p95_us": warm.latency.percentile(95.0),
            "p99_us": warm.latency.percentile(99.0), "answer_bytes": warm.answer,
        })
    };
    let cold = |cold: &Cold| {
        json!({
            "init_ms": cold.init.median(), "first_ms": cold.first.median(), "whole_ms": cold.whole.median(),
            "whole_p95_ms": cold.whole.percentile(95.0), "processor_ms": cold.processor.median(),
        })
    };
    json!({
        "zip_bytes": it.zip, "peak_memory_mib": it.memory, "warm": it.warm.iter().map(warm).collect::<Vec<_>>(),
        "cold_plain": cold(&it.cold_plain), "cold_tls": cold(&it.cold_tls), "cold_128mb_tls": cold(&it.cold_throttled),
        "warm_128mb_tls": {"p50_us": it.throttled.median(), "p95_us": it.throttled.percentile(95.0)},
        "throttled_by": it.throttled_by,
    })
}

fn door_name(door: Door) -> &'static str {
    match door {
        Door::Plain => "plain",
        Door::Tls => "TLS",
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
