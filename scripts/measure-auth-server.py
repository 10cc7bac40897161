#!/usr/bin/env python3
"""Measures the authorization server's Lambda: usage: measure-auth-server.py AUTH_SERVER_BINARY EDGE_BINARY [REQUESTS]

The very binary, with its pack beside it, runs under a Lambda runtime API on loopback. Its table is that of an
`edge serve`, its KMS signs in this process: what they take on AWS comes on top. Printed is, as a table of Markdown, how
long a cold start takes to its first answer, each kind of request from the event to the answer, the processor time of
it, and the most memory that the process ever had. The machine decides most of it: compare within one run.
"""

import base64
import hashlib
import json
import os
import pathlib
import queue
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISSUER, AUDIENCE = "https://auth.example.com", "https://api.example.com"
ARN = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-4000-8000-000000000001"
REDIRECT = "https://app.example.com/callback"
COLD_STARTS = 20
KEYS = {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """A function that is ended hangs up."""


def served(handler) -> tuple:
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"127.0.0.1:{server.server_port}"


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer in two packets would wait for the acknowledgement of the first.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, body: bytes, status=200, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


class Kms(Quiet):
    """One key, as KMS answers for it."""

    key = ec.generate_private_key(ec.SECP256R1())

    def do_POST(self):
        asked = json.loads(self.body())
        operation = self.headers["X-Amz-Target"].split(".")[1]
        text = lambda raw: base64.b64encode(raw).decode()
        if operation == "GetPublicKey":
            info = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            told = {"KeyId": ARN, "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "PublicKey": text(info)}
        elif operation == "ListResourceTags":
            told = {"Tags": [{"TagKey": "edge-issuer", "TagValue": ISSUER}], "Truncated": False}
        else:
            digest = base64.b64decode(asked["Message"])
            told = {"KeyId": ARN, "Signature": text(self.key.sign(digest, ec.ECDSA(utils.Prehashed(SHA256()))))}
        self.answer(json.dumps(told).encode(), headers=[("Content-Type", "application/x-amz-json-1.1")])


class Function:
    """The binary under a runtime API of its own."""

    def __init__(self, binary: str, variables: dict):
        self.events, self.answers = queue.Queue(), queue.Queue()
        function = self

        class Runtime(Quiet):
            def do_GET(self):
                event = function.events.get()
                if event is None:
                    return
                function.handed = time.perf_counter()
                headers = [("lambda-runtime-aws-request-id", "1"), ("lambda-runtime-deadline-ms", "4102444800000"),
                           ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:auth")]  # fmt: skip
                self.answer(event, headers=headers)

            def do_POST(self):
                answer = self.body()
                function.answers.put((time.perf_counter() - function.handed, json.loads(answer)))
                self.answer(b"", 202)

        self.server, api = served(Runtime)
        environment = variables | KEYS | {
            "AWS_LAMBDA_RUNTIME_API": api,
            "AWS_LAMBDA_FUNCTION_NAME": "auth-server",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            # As template.yaml sets it.
            "MALLOC_MMAP_THRESHOLD_": "1048576",
        }
        self.started = time.perf_counter()
        self.process = subprocess.Popen([binary], env=environment, stdout=subprocess.DEVNULL)

    def ask(self, method: str, path: str, query="", body="", **headers) -> tuple:
        """Seconds and the answer."""
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            # Everybody comes from another address, so that limits by address measure nothing.
            "requestContext": {"stage": "$default", "http": {"method": method, "sourceIp": f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"}},
            "body": body,
            "isBase64Encoded": False,
        }
        self.events.put(json.dumps(event).encode())
        seconds, answer = self.answers.get(timeout=60)
        return seconds, answer

    def cpu(self) -> float:
        """Seconds that its threads have had of a processor. One that hashes passwords stays for ten seconds."""
        threads = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def memory(self, what: str) -> float:
        """In MB: VmHWM, the most ever; VmRSS, now."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{what}:\s+(\d+)", status)[1]) / 1024

    def end(self):
        self.process.kill()
        self.process.wait()
        self.events.put(None)
        self.server.shutdown()


FORM = {"content-type": "application/x-www-form-urlencoded"}


class Flow:
    """An app and the person at its browser; each step says how long it took."""

    def __init__(self, function: Function, name: str, password: str, tenant: str):
        self.function, self.name, self.password, self.tenant = function, name, password, tenant
        self.times = {}

    def step(self, what: str, status: int, *asked, **headers) -> dict:
        seconds, answer = self.function.ask(*asked, **headers)
        assert answer.get("statusCode") == status, f"{what}: {answer}"
        self.times.setdefault(what, []).append(seconds)
        return answer

    def register(self):
        metadata = {"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none", "client_name": secrets.token_hex(8)}
        answer = self.step("POST /register", 201, "POST", "/register", "", json.dumps(metadata), **{"content-type": "application/json"})
        self.client = json.loads(answer["body"])["client_id"]

    def authorize(self):
        self.verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        query = urlencode({
            "response_type": "code", "client_id": self.client, "redirect_uri": REDIRECT, "scope": "contact.read",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), "code_challenge_method": "S256",
        })  # fmt: skip
        answer = self.step("GET /authorize", 303, "GET", "/authorize", query)
        self.handle = parse_qs(urlsplit(answer["headers"]["location"]).query)["request"][0]
        self.cookie = answer["cookies"][0].split(";")[0]

    def sign_in(self):
        form = urlencode({"request": self.handle, "name": self.name, "password": self.password})
        answer = self.step("POST /sign-in (argon2id)", 303, "POST", "/sign-in", "", form, cookie=self.cookie, **FORM)
        self.handle = parse_qs(urlsplit(answer["headers"]["location"]).query)["request"][0]
        self.cookie = answer["cookies"][0].split(";")[0]

    def consent(self):
        form = urlencode({"request": self.handle, "tenant": self.tenant, "scope": "contact.read", "decision": "allow"})
        answer = self.step("POST /consent", 303, "POST", "/consent", "", form, cookie=self.cookie, **FORM)
        self.code = parse_qs(urlsplit(answer["headers"]["location"]).query)["code"][0]

    def redeem(self):
        form = {"grant_type": "authorization_code", "client_id": self.client, "code": self.code,
                "code_verifier": self.verifier, "redirect_uri": REDIRECT}  # fmt: skip
        answer = self.step("POST /token, a code", 200, "POST", "/token", "", urlencode(form), **FORM)
        self.refresh_token = json.loads(answer["body"])["refresh_token"]

    def refresh(self):
        form = {"grant_type": "refresh_token", "client_id": self.client, "refresh_token": self.refresh_token}
        answer = self.step("POST /token, a refresh", 200, "POST", "/token", "", urlencode(form), **FORM)
        self.refresh_token = json.loads(answer["body"])["refresh_token"]


STEPS = [Flow.register, Flow.authorize, Flow.sign_in, Flow.consent, Flow.redeem, Flow.refresh]


def main(binary: str, edge: str, requests: int):
    with tempfile.TemporaryDirectory(prefix="edge-measure-") as folder:
        serving = subprocess.Popen([edge, "serve", "--json", "--port", "0", "--auth-port", "0"], cwd=folder,
                                   env={"EDGE_REFERENCE": os.path.abspath("api.yaml")}, stdout=subprocess.PIPE)  # fmt: skip
        try:
            said = json.loads(serving.stdout.readline())
            measure(binary, edge, requests, folder, said)
        finally:
            serving.terminate()
            serving.wait()


def measure(binary: str, edge: str, requests: int, folder: str, said: dict):
    local = json.loads(pathlib.Path(folder, ".edge/local.json").read_text())
    _, kms = served(Kms)
    pack = str(pathlib.Path(binary).with_name("api.pack.json"))
    places = {"AWS_ENDPOINT_URL_DYNAMODB": local["dynamodb"], "AWS_ENDPOINT_URL_KMS": f"http://{kms}"}
    rotate = [edge, "keys", "rotate", "--issuer", ISSUER, "--kms-key", ARN, "--ahead", "0", "--table", local["table"], "--by", "measure"]
    subprocess.run(rotate, check=True, env=places | KEYS | {"AWS_CONFIG_FILE": "/dev/null"}, stdout=subprocess.DEVNULL)
    variables = places | {
        "TABLE_NAME": local["table"], "API_PACK": pack, "OAUTH_ISSUER": ISSUER, "OAUTH_AUDIENCE": AUDIENCE,
        "REFRESH_MAC_KEY": secrets.token_hex(32),
        "LIMITS": "register=1000000/3600 sign-in-by-account=1000000/900",
    }  # fmt: skip
    print("| | least ms | p50 ms | p95 ms | processor ms |\n|---|---:|---:|---:|---:|")
    for what, path in [("metadata, no call", "/.well-known/oauth-authorization-server"), ("keys, one read", "/jwks.json")]:
        cold(binary, variables, what, path)
    account = next(it["name"] for it in said["accounts"] if it["name"].startswith("acme-sales"))
    function = Function(binary, variables)
    flow = Flow(function, account, said["password"], "biz_6fa1c0d3e85b472990ab31cd")
    for step in STEPS:
        step(flow)
    idle = function.memory("VmRSS")
    flow.times.clear()
    warm(flow, function, requests)
    print(f"\nMemory: {idle:.0f} MB after the first flow, {function.memory('VmHWM'):.0f} MB at the most, "
          f"after {sum(map(len, flow.times.values()))} requests. The binary has {os.path.getsize(binary) / 1e6:.1f} MB.")  # fmt: skip
    function.end()


def cold(binary: str, variables: dict, what: str, path: str):
    seconds, cpu = [], []
    for _ in range(COLD_STARTS):
        function = Function(binary, variables)
        _, answer = function.ask("GET", path)
        seconds.append(time.perf_counter() - function.started)
        assert answer["statusCode"] == 200, answer
        cpu.append(function.cpu())
        function.end()
    row(f"cold start to the first answer: {what}", seconds, statistics.mean(cpu))


def warm(flow: Flow, function: Function, requests: int):
    spent = {step: 0.0 for step in STEPS}
    for _ in range(requests):
        for step in STEPS:
            before = function.cpu()
            step(flow)
            spent[step] += function.cpu() - before
    for step, what in zip(STEPS, flow.times):
        row(what, flow.times[what], spent[step] / requests)


def row(what: str, seconds: list, cpu: float):
    ordered = sorted(seconds)
    at = lambda part: ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000
    print(f"| {what} | {at(0):.1f} | {at(0.5):.1f} | {at(0.95):.1f} | {cpu * 1000:.1f} |", flush=True)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 100)
