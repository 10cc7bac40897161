"""The emulator's process: ministack on a free loopback port, with its IAM enforcement on, ended with the run."""

import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

# The root caller of the emulator, who plays the administrator that deploys.
ROOT_KEY = "test"
ACCOUNT = "111122223333"
REGION = "us-east-1"
START_SECONDS = 60


class Emulator:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "ministack.log"

    def __enter__(self):
        program = pathlib.Path(sys.executable).with_name("ministack")
        settings = {
            # Its default is every interface, and two of its services listen on ports of their own.
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "GATEWAY_PORT": str(self.port),
            "AUTH": "true",
            "LAMBDA_EXECUTOR": "local",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "S3_DATA_DIR": str(self.folder / "s3"),
            "TMPDIR": str(self.folder),
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [program], env=self.environment() | settings, stdout=log, stderr=log, start_new_session=True
            )
        self.wait()
        return self

    def __exit__(self, *_):
        # It ends the functions' processes, which it started.
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def environment(self, keys: tuple = (ROOT_KEY, ROOT_KEY)) -> dict:
        """The environment of everything that speaks to it, with the caller's access key and its secret: no other
        account can be meant by mistake."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        nowhere = str(self.folder / "no-such-file")
        return kept | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": keys[0],
            "AWS_SECRET_ACCESS_KEY": keys[1],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": nowhere,
            "AWS_SHARED_CREDENTIALS_FILE": nowhere,
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_TELEMETRY": "0",
        }

    def wait(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise SystemExit(f"the emulator did not start:\n{self.log.read_text()[-2000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
