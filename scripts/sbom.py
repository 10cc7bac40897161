"""A software bill of materials (CycloneDX 1.6) of what a Lambda's binary is made of, from Cargo's own resolution.

    python3 scripts/sbom.py PROGRAM FEATURES TARGET > sbom.json

It holds what is linked into the binary for that target, neither build scripts' nor tests' crates, with the checksums of
Cargo.lock. One source and one target give one document: it has no time and no random number in it.
"""

import json
import pathlib
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[1]


def main(program: str, features: str, target: str):
    resolved = metadata(features, target)
    packages = {package["id"]: package for package in resolved["packages"]}
    linked = reachable(resolved["resolve"], packages)
    root = resolved["resolve"]["root"]
    sums = checksums()
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root_ref(packages[root], program),
                "name": program,
                "version": packages[root]["version"],
                "licenses": licences(packages[root]),
                "properties": [{"name": "target", "value": target}, {"name": "features", "value": features}],
            }
        },
        "components": sorted((component(packages[id], sums) for id in linked - {root}), key=lambda it: it["bom-ref"]),
        "dependencies": sorted(
            (
                {
                    "ref": root_ref(packages[id], program) if id == root else purl(packages[id]),
                    "dependsOn": sorted(purl(packages[on]) for on in normal(node) if on in linked),
                }
                for id, node in nodes(resolved["resolve"]).items()
                if id in linked
            ),
            key=lambda it: it["ref"],
        ),
    }
    digest = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
    json.dump({"serialNumber": f"urn:uuid:{digest}", **document}, sys.stdout, indent=2, sort_keys=True)
    print()


def metadata(features: str, target: str) -> dict:
    arguments = ["--format-version", "1", "--locked", "--no-default-features", "--features", features]
    run = subprocess.run(
        ["cargo", "metadata", *arguments, "--filter-platform", target], cwd=ROOT, check=True, capture_output=True
    )
    return json.loads(run.stdout)


def nodes(resolve: dict) -> dict:
    return {node["id"]: node for node in resolve["nodes"]}


def normal(node: dict) -> list[str]:
    """What a package needs in its binary: neither for its build nor for its tests."""
    return [it["pkg"] for it in node["deps"] if any(kind["kind"] is None for kind in it["dep_kinds"])]


def reachable(resolve: dict, packages: dict) -> set[str]:
    """What is linked. A procedural macro runs in the compiler, and so does what it needs."""
    by_id, found, waiting = nodes(resolve), set(), [resolve["root"]]
    while waiting:
        id = waiting.pop()
        if id in found or any("proc-macro" in it["kind"] for it in packages[id]["targets"]):
            continue
        found.add(id)
        waiting.extend(normal(by_id[id]))
    return found


def checksums() -> dict:
    packages = []
    for block in (ROOT / "Cargo.lock").read_text().split("[[package]]")[1:]:
        fields = (line.split(" = ", 1) for line in block.splitlines() if " = " in line)
        packages.append({name: value.strip('"') for name, value in fields})
    return {(it["name"], it["version"]): it["checksum"] for it in packages if "checksum" in it}


def component(package: dict, sums: dict) -> dict:
    return {
        "type": "library",
        "bom-ref": purl(package),
        "purl": purl(package),
        "name": package["name"],
        "version": package["version"],
        "licenses": licences(package),
        "hashes": [{"alg": "SHA-256", "content": sums[package["name"], package["version"]]}],
    }


def licences(package: dict) -> list[dict]:
    # Some crates still write a slash where SPDX has `OR`.
    return [{"expression": " OR ".join(it.strip() for it in package["license"].split("/"))}]


def purl(package: dict) -> str:
    return f"pkg:cargo/{package['name']}@{package['version']}"


def root_ref(package: dict, program: str) -> str:
    return f"{purl(package)}#{program}"


if __name__ == "__main__":
    main(*sys.argv[1:])
