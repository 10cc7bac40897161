//! `edge probe` against a running gateway: it settles the readings, and says so when its tokens are not what it needs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const ACME: &str = "biz_6fa1c0d3e85b472990ab31cd";
const ADMIN: &str = "usr_1a4e7c90d2b54f3881c6e0a7";

/// `edge serve` in a folder of the test's own, until it is dropped.
struct Served {
    folder: PathBuf,
    program: Child,
    gateway: String,
}

impl Served {
    fn start(test: &str, more: &[&str]) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
        std::fs::create_dir_all(&folder).unwrap();
        let mut serve = edge(&folder);
        serve.args(["serve", "--port", "0", "--auth-port", "0", "--json"]).args(more);
        let mut program = serve.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Self { folder, program, gateway: said["gateway"].as_str().unwrap().to_owned() }
    }

    fn edge(&self, arguments: &[&str]) -> Output {
        edge(&self.folder).args(arguments).output().unwrap()
    }

    /// The tokens that the plan asks for.
    fn tokens(&self) -> (String, String) {
        let plan: Value = serde_json::from_slice(&self.edge(&["probe", "--json"]).stdout).unwrap();
        (self.issue(&plan["wide"]), self.issue(&plan["narrow"]))
    }

    fn issue(&self, scopes: &Value) -> String {
        let scopes: Vec<&str> = scopes.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        let issue = [
            "pat", "issue", "--local", "--by", "tests", "--tenant", ACME, "--user", ADMIN, "--name", "probe", "--scope",
        ];
        let issued = self.edge(&[&issue[..], &[&scopes.join(",")]].concat());
        String::from_utf8(issued.stdout).unwrap().trim().to_owned()
    }

    /// What was found of each reading, and the exit code.
    fn probe(&self, wide: &str, narrow: &str) -> (Vec<(String, String)>, Option<i32>) {
        let output = self.edge(&["probe", "--json", "--url", &self.gateway, "--wide", wide, "--narrow", narrow]);
        let found = String::from_utf8(output.stdout).unwrap();
        let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
        let found = found.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        (found.map(|line| (text(&line, "reading"), text(&line, "finding"))).collect(), output.status.code())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        _ = self.program.kill();
        _ = self.program.wait();
    }
}

fn edge(folder: &PathBuf) -> Command {
    let mut edge = Command::new(env!("CARGO_BIN_EXE_edge"));
    edge.env_clear().env("EDGE_REFERENCE", concat!(env!("CARGO_MANIFEST_DIR"), "/api.yaml")).current_dir(folder);
    edge
}

#[test]
fn the_local_gateway_is_probed_as_a_stage_is() {
    let served = Served::start("probe-served", &[]);
    let (wide, narrow) = served.tokens();
    let (found, code) = served.probe(&wide, &narrow);
    // It keeps every text as it came, and routes no path otherwise than it looks.
    let expected = [
        ("encoded-path", "not_routed"),
        ("empty-segments", "not_routed"),
        ("dot-segments", "not_routed"),
        ("trailing-slash", "not_routed"),
        ("decoded-after-routing", "fails"),
        ("decoded-slash", "fails"),
    ];
    assert_eq!(found, expected.map(|(reading, finding)| (reading.to_owned(), finding.to_owned())));
    assert_eq!(code, Some(0));
    let (found, code) = served.probe(&narrow, &wide);
    assert!(found.iter().any(|(_, finding)| finding == "contradiction"), "{found:?}");
    assert_eq!(code, Some(1));
    let refused = served.edge(&["probe", "--url", &served.gateway, "--wide", "crm_pat_x", "--narrow", "crm_pat_x"]);
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    // A token that may not even read the plain list, or another stage's address, says nothing of odd paths.
    let little = served.issue(&serde_json::json!(["note.write"]));
    for (url, narrow) in [(served.gateway.clone(), &little), (format!("{}/nowhere", served.gateway), &narrow)] {
        let refused = served.edge(&["probe", "--url", &url, "--wide", &wide, "--narrow", narrow]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(3) && said.contains("which both may read"), "{said}");
    }
}

/// A backend refuses things too, and that says nothing of where the gateway sent them.
#[test]
fn what_a_backend_refuses_is_not_taken_for_the_gateways_refusal() {
    let backend = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", backend.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in backend.incoming() {
            let mut connection = connection.unwrap();
            _ = connection.read(&mut [0; 4096]);
            _ = connection.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno");
        }
    });
    let served = Served::start("probe-refusing", &["--upstream", &address]);
    let (wide, narrow) = served.tokens();
    let (found, code) = served.probe(&wide, &narrow);
    let finding = |reading: &str| found.iter().find(|it| it.0 == reading).map(|it| it.1.as_str());
    assert_eq!(finding("trailing-slash"), Some("not_routed"), "the gateway's own answer");
    assert_eq!(finding("decoded-after-routing"), Some("inconclusive"), "the backend's");
    assert_eq!(finding("decoded-slash"), Some("inconclusive"), "the backend's");
    assert_eq!(code, Some(1));
}
