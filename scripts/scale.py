"""What load does to the authorizer: simulations, and the tables and plots of docs/scale.md that they make.

    python3 scripts/scale.py           writes docs/scale.md's tables and docs/scale/*.svg
    python3 scripts/scale.py --check   says whether they are what would be written, and exits with 1 if not

Python's own library alone, and random numbers from a fixed seed: the same tables on every machine. What is simulated is
the gateway's cache, the table's partition and Lambda's rate, each as AWS documents it. Nothing here measures AWS.
"""

import bisect
import itertools
import pathlib
import random
import sys

from plot import Plot

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/scale.md"
PLOTS = ROOT / "docs/scale"

READS_PER_DECISION = 3
# "Best practices for designing and using partition keys effectively", Amazon DynamoDB Developer Guide.
PARTITION_READS_PER_SECOND = 3000
# "Lambda quotas": each execution environment serves at most 10 requests a second.
REQUESTS_PER_ENVIRONMENT = 10

# US East, November 2026, in dollars for a million: the pages "Pricing" of each service.
READ_UNIT, INVOCATION = 0.125, 0.20
BILLED_MILLISECOND = 0.00167  # 128 MB, arm64
LOG_GIGABYTE = 0.50
MILLISECONDS_PER_DECISION = 5  # one call to the table, rounded up; what AWS bills is listed in docs/only-aws.md
LINE_BYTES = 800  # the line of an allowed decision
LAMBDA_LINES_BYTES = 300  # START, END and REPORT
BYTES_PER_LINE = 26  # what CloudWatch adds to each of the four


def zipf(count: int, exponent: float = 1.0) -> list:
    """The share of the load of each of so many tokens, the busiest first."""
    weights = [1 / rank**exponent for rank in range(1, count + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]


def decisions(rates: list, ttl: float, seconds: float, chance: random.Random) -> float:
    """Decisions a second over so many seconds: a token's first request after its answer has aged is decided."""
    made = 0
    for rate in rates:
        now = -ttl
        while True:
            now += chance.expovariate(rate)
            if now >= seconds:
                break
            made += now >= 0
            now += ttl
    return made / seconds


def settled(rates: list, ttl: float, chance: random.Random) -> list:
    """Until when each token's answer is kept, in the long run under that load: 0 for those of which none is."""
    kept = ((rate * ttl) / (1 + rate * ttl) for rate in rates)
    return [chance.uniform(0, ttl) if chance.random() < share else 0 for share in kept]


# How much of the load the cache answers.


TOKENS = 10_000
LOADS = (1, 10, 100, 1000, 10_000)
TTLS = (0, 60, 300, 3600)


def cache_hits() -> dict:
    chance, shares = random.Random(1), zipf(TOKENS)
    found = {}
    for ttl, load in itertools.product(TTLS[1:], LOADS):
        rates = [share * load for share in shares]
        found[ttl, load] = 1 - decisions(rates, ttl, max(600.0, 2.0 * ttl), chance) / load
    return found


def hits_table(hits: dict) -> list:
    head = ["requests/s", *(f"TTL {ttl} s" for ttl in TTLS[1:])]
    return [head, *([f"{load:,}", *(percent(hits[ttl, load]) for ttl in TTLS[1:])] for load in LOADS)]


def hits_plot(hits: dict) -> Plot:
    plot = Plot("Share of requests that the cache answers", "requests per second", "answered by the cache, %", log_x=True)
    for ttl in TTLS[1:]:
        plot.line(f"TTL {ttl} s", [(load, 100 * hits[ttl, load]) for load in LOADS])
    return plot


# What a million requests cost.


def cost_of_decision() -> dict:
    log_bytes = LINE_BYTES + LAMBDA_LINES_BYTES + 4 * BYTES_PER_LINE
    return {
        "log": log_bytes * LOG_GIGABYTE / 1000,
        "reads": READS_PER_DECISION * READ_UNIT,
        "invocations": INVOCATION,
        "duration": MILLISECONDS_PER_DECISION * BILLED_MILLISECOND,
    }


def cost_table(hits: dict, load: int = 100) -> list:
    cost = cost_of_decision()
    rows = [["TTL", "decided", *cost, "together"]]
    for ttl in (0, 60, 300):
        decided = 1 - hits[ttl, load] if ttl else 1
        parts = [decided * part for part in cost.values()]
        rows.append([f"{ttl} s", percent(decided), *(f"${part:.3f}" for part in parts), f"**${sum(parts):.2f}**"])
    return rows


# One tenant, and the partition that its records lie in.


TENANT_LOADS = (100, 300, 600, 1000, 1500, 3000, 6000, 10_000)
TENANTS = (("TTL 0", 1000, 0), ("TTL 60 s, 1,000 tokens", 1000, 60), ("TTL 60 s, 100,000 tokens", 100_000, 60))


def hot_tenant() -> dict:
    """The share of a tenant's requests that are answered 500, when its records share one partition.

    A decision that the table turns away is a fault; a fault is not kept, so the token's next request asks again.
    """
    found = {}
    for name, tokens, ttl in TENANTS:
        for load in TENANT_LOADS:
            found[name, load] = faults_of(tokens, ttl, load, random.Random(2))
    return found


def faults_of(tokens: int, ttl: int, load: int, chance: random.Random) -> float:
    capacity = PARTITION_READS_PER_SECOND // READS_PER_DECISION
    kept_until = settled([load / tokens] * tokens, ttl, chance)
    faults = counted = 0
    for second in range(2 * ttl + 10):
        left = capacity
        for _ in range(load):
            token = chance.randrange(tokens)
            counted += 1
            if kept_until[token] > second:
                continue
            if left:
                left -= 1
                kept_until[token] = second + ttl
            else:
                faults += 1
    return faults / counted


def tenant_table(faults: dict) -> list:
    names = [name for name, _, _ in TENANTS]
    head = ["requests/s of one tenant", *names]
    return [head, *([f"{load:,}", *(percent(faults[name, load]) for name in names)] for load in TENANT_LOADS)]


def tenant_plot(faults: dict) -> Plot:
    plot = Plot("One tenant in one partition", "requests per second of the tenant", "answered 500, %", log_x=True)
    for name, _, _ in TENANTS:
        plot.line(name, [(load, 100 * faults[name, load]) for load in TENANT_LOADS])
    return plot


# A flush, and the storm of decisions that follows it.


STORM_LOAD, STORM_TTL, FLUSHES = 3000, 300, (20, 26)


def after_a_flush(seconds: int = 61) -> list:
    """Decisions in each second: the cache is emptied, and emptied again six seconds later."""
    chance, shares = random.Random(3), zipf(TOKENS)
    rates = [share * STORM_LOAD for share in shares]
    made = [0] * seconds
    for rate, kept_until in zip(rates, settled(rates, STORM_TTL, chance)):
        now = min(kept_until, FLUSHES[0]) + chance.expovariate(rate)
        while now < seconds:
            made[int(now)] += 1
            emptied = next((flush for flush in FLUSHES if flush > now), seconds)
            now = min(now + STORM_TTL, emptied) + chance.expovariate(rate)
    return made


def storm_table(made: list) -> list:
    first, second = FLUSHES
    spans = [("before", made[5:first]), ("the second after the flush", made[first : first + 1])]
    spans += [("the second after the second flush", made[second : second + 1]), ("20 s later", made[second + 20 : second + 25])]
    rows = [["", "decisions/s", "read units/s", "execution environments"]]
    for name, span in spans:
        rate = sum(span) / len(span)
        rows.append([name, f"{rate:,.0f}", f"{rate * READS_PER_DECISION:,.0f}", f"{-(-rate // REQUESTS_PER_ENVIRONMENT):,.0f}"])
    return rows


def storm_plot(made: list) -> Plot:
    title = f"Two flushes at {STORM_LOAD:,} requests per second, TTL {STORM_TTL} s"
    plot = Plot(title, "seconds", "decisions per second")
    plot.line("decisions", list(enumerate(made)))
    return plot


# A flood of forged tokens.


FLOODS = (0, 100, 300, 1000, 3000, 10_000)
RESERVED = (10, 50, 200)
GOOD_LOAD, GOOD_TTL, GOOD_TOKENS = 300, 60, 2000


def flood() -> dict:
    """The share of good requests that are answered 500, as the forged ones take the function's invocations from them."""
    return {(it, load): share_lost(it, load, random.Random(4)) for it in RESERVED for load in FLOODS}


def share_lost(reserved: int, forged: int, chance: random.Random, seconds: int = 150) -> float:
    shares = zipf(GOOD_TOKENS)
    upto = list(itertools.accumulate(shares))
    kept_until = settled([share * GOOD_LOAD for share in shares], GOOD_TTL, chance)
    lost = counted = 0
    for second in range(seconds):
        left = reserved * REQUESTS_PER_ENVIRONMENT
        arrivals = [True] * GOOD_LOAD + [False] * forged
        chance.shuffle(arrivals)
        for good in arrivals:
            if not good:
                left -= 1
                continue
            token = min(bisect.bisect(upto, chance.random()), GOOD_TOKENS - 1)
            counted += 1
            if kept_until[token] > second:
                continue
            left -= 1
            if left >= 0:
                kept_until[token] = second + GOOD_TTL
            else:
                lost += 1
    return lost / counted


def flood_table(lost: dict) -> list:
    head = ["forged tokens/s", *(f"{it} environments" for it in RESERVED)]
    return [head, *([f"{load:,}", *(percent(lost[it, load]) for it in RESERVED)] for load in FLOODS)]


def flood_plot(lost: dict) -> Plot:
    plot = Plot("Good requests under a flood of forged tokens", "forged tokens per second", "good ones answered 500, %", log_x=True)
    for it in RESERVED:
        plot.line(f"{it} environments reserved", [(load, 100 * lost[it, load]) for load in FLOODS if load])
    return plot


# The page.


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def markdown(rows: list) -> str:
    head, *rest = rows
    lines = [head, ["---"] * len(head), *rest]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def made() -> dict:
    """Each file that is made, and its text."""
    hits, faults, storm, lost = cache_hits(), hot_tenant(), after_a_flush(), flood()
    plots = {"cache": hits_plot(hits), "tenant": tenant_plot(faults), "flush": storm_plot(storm), "flood": flood_plot(lost)}
    tables = {
        "cache": hits_table(hits),
        "cost": cost_table(hits),
        "tenant": tenant_table(faults),
        "flush": storm_table(storm),
        "flood": flood_table(lost),
    }
    page = PAGE.read_text()
    for name, rows in tables.items():
        start, end = f"<!-- {name}: made by `make scale` -->\n", "<!-- end -->"
        before, rest = page.split(start)
        page = before + start + "\n" + markdown(rows) + "\n\n" + end + rest.split(end, 1)[1]
    return {PAGE: page} | {PLOTS / f"{name}.svg": plot.svg() for name, plot in plots.items()}


def main() -> int:
    texts = made()
    if "--check" in sys.argv:
        stale = [str(path.relative_to(ROOT)) for path, text in texts.items() if not path.exists() or path.read_text() != text]
        if stale:
            print("not what the simulation makes (`make scale` writes them again): " + ", ".join(stale), file=sys.stderr)
        return 1 if stale else 0
    PLOTS.mkdir(exist_ok=True)
    for path, text in texts.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
