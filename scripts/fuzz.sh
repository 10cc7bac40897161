#!/usr/bin/env bash
# Runs every fuzz target, or those that are named, for FUZZ_SECONDS each. The corpus in fuzz/corpus is where it starts;
# what it finds on the way stays in target/fuzz, and an input that breaks something is kept in fuzz/artifacts.
#
# Plain stable Rust: LLVM's coverage is switched on by hand, as `cargo fuzz` does it on nightly, and the fuzzer itself is
# in the crate `libfuzzer-sys`. The address sanitizer needs nightly; there is no `unsafe` here for it to watch.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-600}
target=$(rustc -vV | sed -n 's/^host: //p')
export CARGO_TARGET_DIR=$PWD/target/fuzz
# With a target given, neither build scripts nor macros are instrumented.
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares"

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in fuzz/targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi
cargo build --quiet --release --locked --manifest-path fuzz/Cargo.toml --target "$target" \
    "${targets[@]/#/--bin=}"
for name in "${targets[@]}"; do
    mkdir -p "$CARGO_TARGET_DIR/corpus/$name" "fuzz/artifacts/$name"
    echo "=== $name, for $seconds s"
    log=$CARGO_TARGET_DIR/$name.log
    "$CARGO_TARGET_DIR/$target/release/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=8192 -artifact_prefix="fuzz/artifacts/$name/" -print_final_stats=1 \
        "$CARGO_TARGET_DIR/corpus/$name" "fuzz/corpus/$name" >"$log" 2>&1 || {
        grep -E 'ERROR|panicked|SUMMARY|Test unit' -A1 "$log" || tail -20 "$log"
        echo "$name found something: fuzz/artifacts/$name" >&2
        exit 1
    }
    grep -E 'DONE|stat::number_of_executed_units' "$log"
done
