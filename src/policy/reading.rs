//! Readings: what API Gateway may do that its documentation does not settle.
//!
//! A policy is judged against an ARN, and the documentation does not say in full how a request's path becomes the
//! path of the ARN. So each plausible behaviour is a *reading*. A policy is proved right under every enabled reading
//! at once. A reading that is off is an assumption: it has a reason, and `edge probe` prints the request that settles
//! it on a real stage.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::route::Route;
use super::router::Router;

/// One thing that the gateway may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// The resource is chosen before the verb.
    RestRouting,
    /// Routes are chosen for each verb on its own.
    HttpRouting,
    /// As the last, and a route that names the verb goes before `ANY`, whatever the paths.
    HttpVerbFirst,
    /// Of two paths of which neither is the more specific, `/a/{x}` and `/{y}/b`, either is chosen.
    HttpTies,
    /// The ARN keeps `%2e` and the like, and the route is chosen by the decoded text.
    EncodedPath,
    /// The ARN keeps `//`, and the route is chosen without the empty segment.
    EmptySegments,
    /// The ARN keeps `.` and `..`, and the route is chosen with the dots resolved.
    DotSegments,
    /// The ARN keeps a slash at the end, and the route is chosen without it.
    TrailingSlash,
    /// The route is chosen by the text as sent, and the ARN is decoded: `/notes/%73earch` reaches `/notes/{id}` and
    /// its ARN ends in `/notes/search`.
    DecodedAfterRouting,
    /// As the last, and a parameter's `%2F` becomes a slash in the ARN.
    DecodedSlash,
}

impl Reading {
    /// Every reading, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::RestRouting,
        Self::HttpRouting,
        Self::HttpVerbFirst,
        Self::HttpTies,
        Self::EncodedPath,
        Self::EmptySegments,
        Self::DotSegments,
        Self::TrailingSlash,
        Self::DecodedAfterRouting,
        Self::DecodedSlash,
    ];

    /// The name that the command line and the pack use.
    pub fn name(self) -> &'static str {
        match self {
            Self::RestRouting => "rest-routing",
            Self::HttpRouting => "http-routing",
            Self::HttpVerbFirst => "http-verb-first",
            Self::HttpTies => "http-ties",
            Self::EncodedPath => "encoded-path",
            Self::EmptySegments => "empty-segments",
            Self::DotSegments => "dot-segments",
            Self::TrailingSlash => "trailing-slash",
            Self::DecodedAfterRouting => "decoded-after-routing",
            Self::DecodedSlash => "decoded-slash",
        }
    }

    /// The reading of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reading| reading.name() == name)
    }

    /// What the gateway does under this reading, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::RestRouting => "the resource is chosen first, then the verb (REST APIs)",
            Self::HttpRouting => "routes are chosen for each verb, the most specific path first (HTTP APIs)",
            Self::HttpVerbFirst => "HTTP APIs prefer a route that names the verb to a more specific ANY",
            Self::HttpTies => "HTTP APIs choose either of two paths of which neither is the more specific",
            Self::EncodedPath => "percent-encoding is decoded for routing and kept in the ARN",
            Self::EmptySegments => "`//` is collapsed for routing and kept in the ARN",
            Self::DotSegments => "`.` and `..` are resolved for routing and kept in the ARN",
            Self::TrailingSlash => "a trailing slash is ignored for routing and kept in the ARN",
            Self::DecodedAfterRouting => "the path is routed as sent and decoded for the ARN",
            Self::DecodedSlash => "a parameter's %2F is a slash in the ARN",
        }
    }

    /// Why it is on, or off, unless told otherwise.
    pub fn reason(self) -> &'static str {
        match self {
            Self::RestRouting | Self::HttpRouting => "documented, and one policy serves both kinds of API",
            Self::HttpVerbFirst => "the documentation can be read so, and it costs nothing",
            Self::HttpTies => {
                "the documentation promises the most specific path, and not which of `/a/{x}` and `/{y}/b` that is"
            }
            Self::EncodedPath | Self::EmptySegments | Self::DotSegments | Self::TrailingSlash => {
                "not documented; a request with such a path is refused unless its whole verb is covered"
            }
            Self::DecodedAfterRouting => {
                "a literal beside a parameter could not be told apart from the parameter's value; \
                 the value is never a well-formed id, so the backend refuses it"
            }
            Self::DecodedSlash => {
                "a parameter could imitate every deeper route; its value is never a well-formed id, \
                 so the backend refuses it"
            }
        }
    }

    /// Whether it is on unless told otherwise.
    pub fn is_default(self) -> bool {
        !matches!(self, Self::DecodedAfterRouting | Self::DecodedSlash)
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The readings under which policies are proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readings(Vec<Reading>);

impl Default for Readings {
    fn default() -> Self {
        Reading::ALL.into_iter().filter(|reading| reading.is_default()).collect()
    }
}

impl FromIterator<Reading> for Readings {
    fn from_iter<I: IntoIterator<Item = Reading>>(readings: I) -> Self {
        let mut readings: Vec<Reading> = readings.into_iter().collect();
        readings.sort_unstable();
        readings.dedup();
        Self(readings)
    }
}

impl Readings {
    /// The enabled readings.
    pub fn iter(&self) -> impl Iterator<Item = Reading> + '_ {
        self.0.iter().copied()
    }

    /// Whether a reading is enabled.
    pub fn has(&self, reading: Reading) -> bool {
        self.0.contains(&reading)
    }

    /// The same readings with one more.
    #[must_use]
    pub fn with(&self, reading: Reading) -> Self {
        self.iter().chain([reading]).collect()
    }

    /// The same readings with one less.
    #[must_use]
    pub fn without(&self, reading: Reading) -> Self {
        self.iter().filter(|it| *it != reading).collect()
    }

    /// Whether a router may choose either of two routes, of which neither has the more specific path. A REST API goes
    /// through the tree of its resources.
    pub(crate) fn ties(&self, router: Router, a: &Route<'_>, b: &Route<'_>) -> bool {
        router != Router::Rest && self.has(Reading::HttpTies) && a.verb == b.verb && a.path.ties_with(b.path)
    }

    /// The ways in which requests may be routed.
    pub fn routers(&self) -> Vec<Router> {
        let of = |reading: Reading| match reading {
            Reading::RestRouting => [Router::Rest].as_slice(),
            Reading::HttpRouting => &[Router::Http],
            Reading::HttpVerbFirst => &[Router::HttpVerbFirst, Router::HttpVerbBeforeGreed],
            _ => &[],
        };
        self.iter().flat_map(of).copied().collect()
    }

    /// Whether the path in the ARN may be another than the one that the route was chosen by, in what a literal is.
    pub(crate) fn decode_for_the_arn(&self) -> bool {
        self.has(Reading::DecodedAfterRouting) || self.has(Reading::DecodedSlash)
    }
}
