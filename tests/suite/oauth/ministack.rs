//! The races against a second store: ministack, an emulator of AWS that somebody else wrote, in a process of its own.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use edge_authorizer::store::client::{Endpoint, connect};

use super::races;

/// The process; it ends with the value.
struct Ministack {
    process: Child,
    url: String,
}

impl Ministack {
    /// Starts it, if `make venv` has installed it. Under `REQUIRE_ALL=1` it must have.
    #[expect(clippy::disallowed_methods, reason = "whether a test may skip is decided where it runs")]
    async fn start() -> Option<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/ministack");
        if !program.exists() {
            let required = std::env::var("REQUIRE_ALL").is_ok_and(|value| value == "1");
            assert!(!required, "`.venv` has no ministack (`make venv` brings it), and REQUIRE_ALL=1");
            println!("skipped: `.venv` has no ministack; `make venv` brings it");
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ministack");
        std::fs::create_dir_all(&folder).unwrap();
        let port = free_port();
        let log = File::create(folder.join("log")).unwrap();
        let process = Command::new(program)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &folder)
            // Its default is every interface, and two of its services listen on ports of their own.
            .envs([("BIND_HOST", "127.0.0.1"), ("IOT_MTLS_ENABLED", "0"), ("SFTP_ENABLED", "0")])
            .env("GATEWAY_PORT", port.to_string())
            .env("S3_DATA_DIR", folder.join("s3"))
            .env("TMPDIR", &folder)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let started = Self { process, url: format!("http://127.0.0.1:{port}") };
        started.wait().await;
        Some(started)
    }

    async fn wait(&self) {
        let client = connect(self.endpoint());
        for _ in 0..600 {
            if client.list_tables().send().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("ministack did not start");
    }

    fn endpoint(&self) -> Endpoint {
        let keys = || "test".to_owned();
        Endpoint::with_keys("us-east-1".to_owned(), Some(self.url.clone()), keys(), keys(), None)
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Every race, against a store that does not run in this process.
#[tokio::test]
async fn every_race_has_the_same_end_on_another_store() {
    let Some(ministack) = Ministack::start().await else { return };
    races::all_of_them(&ministack.endpoint()).await;
}
