//! The file itself: the OpenAPI document as `oas3` reads it, and an outline that knows the line of every key.
//!
//! Both come from one parser, so that nothing is checked in one reading and used in another.

use std::fmt;

use oas3::Spec;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Spanned, UserMessageFormatter};

use super::mistake::{Mistake, Problem};
use super::permissions::Extension;

/// The versions of OpenAPI that are read.
const OPENAPI_VERSION: &str = "3.1.";

/// An API reference that has the form of one.
pub(super) struct Document {
    pub(super) spec: Spec,
    pub(super) extension: Extension,
    pub(super) outline: Outline,
}

#[derive(Deserialize)]
struct Extended {
    #[serde(rename = "x-permissions")]
    extension: Option<Extension>,
}

impl Document {
    pub(super) fn read(text: &str) -> Result<Self, Mistake> {
        let outline: Outline = parse(text)?;
        let version: Version = parse(text)?;
        let version = version.openapi.unwrap_or_default();
        if !version.starts_with(OPENAPI_VERSION) {
            return Err(outline.mistake(&["openapi"], "openapi", Problem::OpenApiVersion { found: version }));
        }
        let extended: Extended = parse(text)?;
        let extension = extended
            .extension
            .ok_or_else(|| outline.mistake(&["x-permissions"], "x-permissions", Problem::NoExtension))?;
        Ok(Self { spec: parse(text)?, extension, outline })
    }
}

#[derive(Deserialize)]
struct Version {
    openapi: Option<String>,
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Mistake> {
    serde_saphyr::from_str(text).map_err(|error| Mistake {
        line: error.location().map(|location| location.line()),
        place: String::new(),
        problem: Problem::Unreadable { message: message(&error) },
    })
}

/// What the parser says, without the place, which stands before every mistake already.
fn message(error: &serde_saphyr::Error) -> String {
    let message = error.without_snippet().render_with_formatter(&UserMessageFormatter);
    message.rsplit_once(" at line ").map_or(message.as_str(), |(said, _)| said).to_owned()
}

/// The keys of the document, each with its line and what stands below it.
#[derive(Debug, Default)]
pub(super) struct Outline {
    children: Vec<(Key, Outline)>,
}

#[derive(Debug)]
struct Key {
    name: String,
    line: u64,
}

impl Outline {
    /// The node at a path of keys.
    pub(super) fn at(&self, keys: &[impl AsRef<str>]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.child(key.as_ref()).map(|(_, child)| child))
    }

    /// The names of the keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.children.iter().map(|(key, _)| key.name.as_str())
    }

    /// The line of a key, or of the nearest key above it that the document has.
    pub(super) fn line(&self, keys: &[impl AsRef<str>]) -> Option<u64> {
        let (mut node, mut line) = (self, None);
        for key in keys {
            let Some((found, below)) = node.child(key.as_ref()) else { break };
            (node, line) = (below, Some(found.line));
        }
        line
    }

    /// A mistake at a key.
    pub(super) fn mistake(&self, keys: &[impl AsRef<str>], place: &str, problem: Problem) -> Mistake {
        Mistake { line: self.line(keys), place: place.to_owned(), problem }
    }

    fn child(&self, name: &str) -> Option<(&Key, &Self)> {
        self.children.iter().find(|(key, _)| key.name == name).map(|(key, child)| (key, child))
    }
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OutlineVisitor)
    }
}

struct OutlineVisitor;

impl<'de> Visitor<'de> for OutlineVisitor {
    type Value = Outline;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Outline, M::Error> {
        let mut children = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            children.push((Key { line: key.referenced.line(), name: key.value }, map.next_value()?));
        }
        Ok(Outline { children })
    }

    /// The items of a sequence go by their number.
    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> Result<Outline, S::Error> {
        let mut children = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Outline>>()? {
            let name = children.len().to_string();
            children.push((Key { line: item.referenced.line(), name }, item.value));
        }
        Ok(Outline { children })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Outline, E> {
        Ok(Outline::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Outline, E> {
        Ok(Outline::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Outline, E> {
        Ok(Outline::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Outline, E> {
        Ok(Outline::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Outline, E> {
        Ok(Outline::default())
    }

    fn visit_unit<E>(self) -> Result<Outline, E> {
        Ok(Outline::default())
    }

    fn visit_none<E>(self) -> Result<Outline, E> {
        Ok(Outline::default())
    }
}
