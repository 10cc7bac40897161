//! `edge pack` as who has no toolchain uses it: an API of one's own and a released binary, as one zip.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use edge_authorizer::api::{Api, Pack, PackError};

fn edge(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_edge")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap()
}

fn folder(test: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_zip_holds_the_binary_and_the_pack_and_is_the_same_each_time() {
    let folder = folder("packed-zip");
    let (bootstrap, pack) = (folder.join("released"), folder.join("api.pack.json"));
    let binary: Vec<u8> = b"\x7fELF".iter().copied().chain((0..100_000_u32).flat_map(u32::to_le_bytes)).collect();
    std::fs::write(&bootstrap, &binary).unwrap();
    assert!(edge(&["pack", "api.yaml", "-o", text(&pack)]).status.success());
    let zips = ["one.zip", "other.zip"].map(|name| {
        let zip = folder.join(name);
        let output = edge(&["pack", "api.yaml", "--bootstrap", text(&bootstrap), "--zip", text(&zip)]);
        assert!(output.status.success(), "{output:?}");
        std::fs::read(zip).unwrap()
    });
    assert_eq!(zips[0], zips[1]);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&zips[0])).unwrap();
    let mut entry = |name: &str| {
        let mut file = archive.by_name(name).unwrap();
        let mut content = Vec::new();
        std::io::copy(&mut file, &mut content).unwrap();
        (file.unix_mode().map(|mode| mode & 0o777), file.last_modified().map(|it| it.year()), content)
    };
    assert_eq!(entry("bootstrap"), (Some(0o755), Some(1980), binary));
    let (mode, _, packed) = entry("api.pack.json");
    assert_eq!((mode, &packed), (Some(0o644), &std::fs::read(pack).unwrap()));
    let api: Pack = serde_json::from_slice(&packed).unwrap();
    assert!(Api::new(api).is_ok());
    assert_eq!(archive.len(), 2);
}

#[test]
fn what_lambda_cannot_start_is_not_packed() {
    let folder = folder("packed-script");
    let (bootstrap, zip) = (folder.join("script"), folder.join("edge.zip"));
    std::fs::write(&bootstrap, "#!/bin/sh\n").unwrap();
    let output = edge(&["pack", "--bootstrap", text(&bootstrap), "--zip", text(&zip)]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no program for Linux"), "{output:?}");
    assert!(!zip.exists());
}

#[test]
fn a_pack_whose_operations_were_changed_by_hand_is_not_served() {
    let output = edge(&["pack", "api.yaml"]);
    let packed = String::from_utf8(output.stdout).unwrap();
    assert!(Api::from_json(&packed).is_ok());
    for (from, to) in
        [("\"literal\": \"search\"", "\"literal\": \"find\""), ("\"verb\": \"PATCH\"", "\"verb\": \"PUT\"")]
    {
        assert!(packed.contains(from), "{from}");
        let error = Api::from_json(&packed.replacen(from, to, 1)).unwrap_err();
        assert!(matches!(error, PackError::ForeignMenu), "{error}");
    }
}

/// What a stage was found to do, or not, is proved with: the pack says under which readings.
#[test]
fn an_api_is_packed_under_the_readings_that_a_stage_has() {
    let packed = |arguments: &[&str]| {
        let output = edge(&[&["pack", "api.yaml"], arguments].concat());
        let pack: Option<Pack> = serde_json::from_slice(&output.stdout).ok();
        (output.status.code(), pack.map(|pack| pack.menu.readings.iter().map(|it| it.name()).collect::<Vec<_>>()))
    };
    let (code, readings) = packed(&["--without", "encoded-path", "--with", "decoded-after-routing"]);
    assert_eq!(code, Some(0));
    let readings = readings.unwrap();
    assert!(readings.contains(&"decoded-after-routing") && !readings.contains(&"encoded-path"), "{readings:?}");
    assert_eq!(packed(&["--with", "decoded-slash"]), (Some(1), None), "not exact under this one");
}
