//! Files on record: what the program makes is what a reviewer has seen.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the project, by its path from the root.
pub(crate) fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether a text is another than the file on record. `UPDATE_GOLDEN=1` puts the text there instead.
pub(crate) fn differs(file: &Path, text: &str) -> bool {
    let on_record = || fs::read_to_string(file).unwrap_or_default();
    if std::env::var_os("UPDATE_GOLDEN").is_some() && on_record() != text {
        fs::write(file, text).unwrap();
    }
    on_record() != text
}

/// Holds a text against the file on record, and says where they part.
pub(crate) fn hold(path: &str, text: &str) {
    let file = file(path);
    if differs(&file, text) {
        let on_record = fs::read_to_string(file).unwrap_or_default();
        let parted = on_record.lines().zip(text.lines()).enumerate().find(|(_, (record, made))| record != made);
        let (line, (record, made)) = parted.unwrap_or((on_record.lines().count().min(text.lines().count()), ("", "")));
        panic!("{path}, line {}:\n  on record: {record}\n  now:       {made}\nUPDATE_GOLDEN=1 accepts it", line + 1);
    }
}

const BEGIN: &str = "<!-- made by the tests, `make tables` writes it again -->\n";
const END: &str = "\n<!-- end -->\n";

/// Holds a table that a test makes against the one on a page of the documentation, between its two marks.
pub(crate) fn hold_table(page: &str, table: &str) {
    let text = fs::read_to_string(file(page)).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap_or_else(|| panic!("`{page}` has no place for the table"));
    let (_, after) = rest.split_once(END).unwrap_or_else(|| panic!("the table of `{page}` has no end"));
    hold(page, &format!("{before}{BEGIN}{table}{END}{after}"));
}
