#!/usr/bin/env bash
# Breaks the policy compiler and its proofs in ways that people break such things, one at a time, and shows that the
# suite catches each: `make mutations`. Works on a copy.
#
#   scripts/policy-mutations.sh            all of them
#   scripts/policy-mutations.sh verb odd   those whose name contains `verb` or `odd`
set -euo pipefail

cd "$(dirname "$0")/.."
only=("$@")
# A build of its own, since its features are: the dependencies are built once, and what was left half built by a run that
# was cut off is not believed. The copy is always at the same place, or each run would leave another build.
target=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_TARGET_DIR=$target/mutated
rm -rf "$CARGO_TARGET_DIR/debug/incremental"
copy=$target/mutations
log=$target/mutations.log
survivors=()

rm -rf "$copy"
mkdir -p "$copy"
# Fresh times, or cargo would take what an earlier run has built, the last mutation among it, for this copy's.
git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- --create | tar --extract --touch --directory "$copy"
# Only what judges policies is built again for each mutation: no programs, of the library the feature that proves, and
# of the suite the tests named below.
rm -r "$copy/src/bin" "$copy/benches"
perl -0pi -e 's/^\[\[(bin|bench)\]\]\n(.+\n)+//mg; s/^default-run = .*\n//m' "$copy/Cargo.toml"
perl -pi -e 's/^required-features = .*/required-features = ["reference"]/' "$copy/Cargo.toml"
perl -ni -e 'print unless /^mod (?!awkward|exactness|long_policies|policy_laws)/' "$copy/tests/suite/main.rs"

# The quick tests first: they catch most, and the first to fail has caught it.
suite() {
    run exactness && run awkward && run long_policies && run policy_laws
} >"$log" 2>&1

run() {
    (cd "$copy" && RUST_BACKTRACE=0 cargo test --quiet --no-default-features --features reference --test suite \
        --config 'profile.dev.package.edge-authorizer.opt-level=1' -- "$@")
}

is_wanted() {
    local part
    for part in "${only[@]}"; do
        [[ $1 != *"$part"* ]] || return 0
    done
    ((${#only[@]} == 0))
}

# mutate NAME FILE FROM TO: replaces the one occurrence of a text and expects the suite to fail.
mutate() {
    local name=$1 file=$copy/$2 from=$3 to=$4
    is_wanted "$name" || return 0
    local start=$SECONDS
    cp "$file" "$file.kept"
    FROM=$from TO=$to perl -0pi -e 's/\Q$ENV{FROM}\E/$ENV{TO}/ or die "no such text\n"' "$file"
    if suite; then
        echo "survived  $name ($((SECONDS - start)) s)"
        survivors+=("$name")
    elif grep -q '^test result: FAILED' "$log"; then
        echo "caught    $name ($((SECONDS - start)) s)"
    else
        echo "$name does not compile:" >&2
        grep -A6 '^error' "$log" >&2
        exit 2
    fi
    mv "$file.kept" "$file"
    touch "$file"
}

suite || { echo "the suite fails as it is" >&2; tail -20 "$log" >&2; exit 2; }

choice=src/policy/choice.rs chosen=src/policy/chosen.rs
mutate deny-dropped $choice \
    'together.denies.extend(denies);' \
    'together.denies.extend(denies.into_iter().skip(1));'
mutate odd-paths-allowed $choice \
    'together.odd.extend(self.odd(allow));' \
    'together.odd.extend(self.odd(allow).filter(|_| allow > 1000));'
mutate one-odd-deny-dropped $choice \
    'facts.odd.iter().copied()' \
    'facts.odd.iter().skip(1).copied()'
mutate odd-denies-of-all-verbs $chosen \
    'if self.chosen().any(|chosen| chosen.spares_odd) {' \
    'if self.chosen().all(|chosen| chosen.spares_odd) {'
mutate odd-denies-of-no-verb src/policy/menu.rs \
    '[verb, &self.pattern].concat()' \
    '[verb, "x", &self.pattern].concat()'
mutate question-mark-widened $chosen \
    'it.allow_patterns(menu)).map(str::to_owned)' \
    'it.allow_patterns(menu)).map(|it| it.replacen("????????", "*", 1))'
mutate id-form-forgotten src/policy/pattern.rs \
    '"?".repeat(*digits)' \
    '"*".repeat((*digits).min(1))'
mutate verb-widened $chosen \
    'it.allow_patterns(menu)).map(str::to_owned)' \
    'it.allow_patterns(menu)).map(|it| it.replacen("GET", "*", 1))'
mutate side-condition-what-is-touched $choice \
    'self.menu.allows.get(*allow).map(|facts| facts.touches.minus(self.covered));' \
    'self.menu.allows.get(*allow).map(|facts| facts.touches.minus(&facts.touches));'
mutate side-condition-what-is-hit $choice \
    '.filter(|(_, deny)| may_hit || harm(deny) == 0)' \
    '.filter(|(_, deny)| may_hit || harm(deny) < 100)'
mutate fail-closed-forgotten $choice \
    'while let Some(route) = exposed.first() {' \
    'while let Some(route) = exposed.first().filter(|it| self.tamers.get(*it).is_some_and(|all| !all.is_empty())) {'
mutate narrow-deny-used-for-all src/policy/menu.rs \
    'self.only_for.is_none_or(|only| only == allow)' \
    'self.only_for.is_none_or(|only| only == allow || allow < 1000)'
mutate odd-paths-of-a-verb-half-covered $choice \
    'self.section.routes.is_within(self.covered)' \
    'self.section.routes.meets(self.covered)'
mutate too-long-policy src/policy/document.rs \
    'text.len() > MAX_LENGTH' \
    'text.len() > 9 * MAX_LENGTH'

compiler=src/policy/compiler.rs router=src/policy/router.rs
mutate one-request-some-of-what-it-reaches $compiler \
    'if !reached.iter().all(' \
    'if !reached.iter().any('
mutate one-request-odd-paths $compiler \
    'self.menu.odd.iter().any(|odd| wildcard(&odd.pattern, &request))' \
    'self.menu.odd.iter().any(|odd| odd.pattern == request)'
mutate one-request-with-a-decoded-slash $compiler \
    'if self.menu.readings.has(Reading::DecodedSlash) {' \
    'if self.menu.readings.has(Reading::DecodedSlash) && path.is_empty() {'
mutate one-request-decoded $router \
    '!readings.decode_for_the_arn() && certain.iter().any(takes_it)' \
    'certain.iter().any(takes_it)'
mutate one-request-greedy-empty $router \
    '.filter(|it| it.path.takes(&segments))' \
    '.filter(|it| it.path.may_take(&segments))'
mutate rank-rest-greedy-last $router \
    'Self::Rest => (false, false, path, false)' \
    'Self::Rest => (route.path.is_greedy(), false, path, false)'
mutate rank-http-greedy-as-it-comes $router \
    'Self::Http => (route.path.is_greedy(), false, path, route.is_any)' \
    'Self::Http => (false, false, path, route.is_any)'
mutate rank-http-verb-first-path-first $router \
    'Self::HttpVerbFirst => (route.path.is_greedy(), route.is_any, path, false)' \
    'Self::HttpVerbFirst => (route.path.is_greedy(), false, path, route.is_any)'
mutate rank-http-verb-before-greed-greed-first $router \
    'Self::HttpVerbBeforeGreed => (route.is_any, route.path.is_greedy(), path, false)' \
    'Self::HttpVerbBeforeGreed => (route.path.is_greedy(), route.is_any, path, false)'

iam=src/policy/iam.rs
mutate question-mark-stops-at-a-slash $iam \
    "if wanted == '?' || wanted == letter" \
    "if (wanted == '?' && letter != '/') || wanted == letter"
mutate star-stops-at-a-slash $iam \
    'swallowed.next();' \
    "if swallowed.next() == Some('/') { return false; }"
mutate beginning-suffices $iam \
    "pattern.all(|rest| rest == '*')" \
    "pattern.all(|rest| rest == '*' || rest == '/')"
mutate deny-does-not-win $iam \
    'if matching(Effect::Deny) {' \
    'if matching(Effect::Deny) && !matching(Effect::Allow) {'

facts=src/policy/proof/facts.rs
mutate literal-beginning-read-too-strictly $facts \
    "a == b || a == '?' || b == '?'" \
    "a == b || b == '?'"
mutate touches-nothing-deeper $facts \
    '|| decided(&language, |language| ground.territory.core.meets(language), true))' \
    '&& false)'
mutate hits-nothing $facts \
    '|| decided(&language, |language| ground.territory.must.meets(language), true))' \
    '&& false)'
mutate dot-deny-too-wide $facts \
    'while list.iter().any(|deny| !deny.hits.is_empty())' \
    'while list.is_empty()'
mutate too-long-patterns src/policy/proof/mod.rs \
    'pattern if pattern.len() <= MAX_LENGTH' \
    'pattern if pattern.len() <= 9 * MAX_LENGTH'

territory=src/policy/proof/territory.rs
mutate rivals-forgotten $territory \
    'let lost_to_all = lost_to_all.unwrap_or_else(Language::nothing);' \
    'let lost_to_all = lost_to_all.map_or_else(Language::nothing, |_| Language::nothing());'
mutate ties-forgotten $territory \
    'readings.ties(router, rival, route)' \
    '(readings.ties(router, rival, route) && rival.verb > route.verb)'
mutate greedy-begins-full $territory \
    'may_begin_empty: may_be_empty,' \
    'may_begin_empty: false,'
mutate one-router-only $territory \
    'for router in readings.routers() {' \
    'for router in readings.routers().into_iter().take(1) {'

mutate conflicts-overlooked src/policy/proof/verdict.rs \
    'else { return Some(set) };
        let Some(rest)' \
    'else { return None };
        let Some(rest)'

if ((${#survivors[@]})); then
    echo "${#survivors[@]} survived: ${survivors[*]}"
    exit 1
fi
echo "all caught"
