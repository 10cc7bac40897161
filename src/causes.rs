//! What an error says, and those behind it, for a log line.

use std::error::Error;

/// The longest text, in characters: a line of the log is an operator's, and others choose what they call their errors.
const LONGEST: usize = 300;

/// An error and its sources, each in its own words.
///
/// The words alone: an error of the SDK holds the whole answer that it came of, and its `Debug` would put that in the log.
pub fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(source) = behind.filter(|_| text.len() < LONGEST) {
        text.push_str(": ");
        text.push_str(&source.to_string());
        behind = source.source();
    }
    text.chars().take(LONGEST).collect()
}
