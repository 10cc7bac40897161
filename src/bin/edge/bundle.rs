//! The Lambda's zip: the released binary and the pack. The same input makes the same bytes, on any machine.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

/// What Lambda starts (`provided.al2023`).
const BOOTSTRAP: &str = "bootstrap";

/// Where the binary looks for the pack.
const PACK: &str = "api.pack.json";

/// What a program for Linux begins with.
const ELF: &[u8] = b"\x7fELF";

/// A zip that cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BundleError {
    #[error("it is no program for Linux, so Lambda could not start it")]
    NotElf,
    #[error("the zip cannot be written: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("the zip cannot be written: {0}")]
    Io(#[from] std::io::Error),
}

/// The bytes of the zip.
///
/// # Errors
/// [`BundleError`] when the binary is not one that Lambda starts.
pub(crate) fn bundle(bootstrap: &[u8], pack: &str) -> Result<Vec<u8>, BundleError> {
    if !bootstrap.starts_with(ELF) {
        return Err(BundleError::NotElf);
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, content) in [(BOOTSTRAP, 0o755, bootstrap), (PACK, 0o644, pack.as_bytes())] {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(9))
            .last_modified_time(DateTime::default())
            .system(System::Unix)
            .unix_permissions(mode);
        zip.start_file(name, options)?;
        zip.write_all(content)?;
    }
    Ok(zip.finish()?.into_inner())
}
