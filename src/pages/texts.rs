//! Every sentence of the pages, by name: `templates/texts/en.txt`. A translation is another such file.
//!
//! A sentence has places, `{client}`. What is put there is escaped and isolated, whatever it is.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use askama::filters::HtmlSafe;

static ENGLISH: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| sentences(include_str!("../../templates/texts/en.txt")).collect());

/// The sentence of that name; the name itself where there is none, which a test looks for.
pub(crate) fn say(name: &'static str) -> &'static str {
    ENGLISH.get(name).copied().unwrap_or(name)
}

/// The sentence of that name, with places.
pub(crate) fn fill(name: &'static str) -> Filled {
    Filled { sentence: say(name), values: Vec::new() }
}

/// `name = sentence` lines; a line that starts with `#` is for translators.
fn sentences(file: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" = ")).map(|(name, sentence)| (name.trim(), sentence.trim()))
}

/// A sentence and what is put into its places.
pub(crate) struct Filled {
    sentence: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Filled {
    /// Puts a value into a place.
    pub(crate) fn put(mut self, place: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((place, value.to_string()));
        self
    }

    /// The sentence's own text as `Ok`, what is put into it as `Err`.
    fn parts(&self) -> impl Iterator<Item = Result<&str, &str>> {
        self.sentence.split('{').enumerate().flat_map(|(index, part)| {
            let (place, text) = if index == 0 { ("", part) } else { part.split_once('}').unwrap_or(("", part)) };
            let value = self.values.iter().find(|(name, _)| *name == place).map(|(_, value)| Err(value.as_str()));
            value.into_iter().chain([Ok(text)])
        })
    }
}

/// As HTML.
impl fmt::Display for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in self.parts() {
            match part {
                Ok(text) => escape(f, text)?,
                Err(value) => {
                    f.write_str("<bdi>")?;
                    escape(f, value)?;
                    f.write_str("</bdi>")?;
                }
            }
        }
        Ok(())
    }
}

/// Its `Display` escapes all that it was given.
impl HtmlSafe for Filled {}

fn escape(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    askama::filters::escape(text, askama::filters::Html).map_err(|_| fmt::Error).and_then(|safe| write!(f, "{safe}"))
}
