//! A whole local installation for a test: the public demonstration in an embedded store, and a clock that a test moves.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use edge_authorizer::api::{Api, Pack};
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::local::demo::Demonstration;
use edge_authorizer::local::installation::Installation;
use edge_authorizer::local::store::EmbeddedStore;
use edge_authorizer::policy::operation::{ParameterForm, PathTemplate, Segment};
use edge_authorizer::reference::compile;
use edge_authorizer::timestamp::Timestamp;

/// 2026-07-01T00:00:00Z: a month into the life of the demonstration tokens.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_782_864_000);

pub(crate) struct World {
    pub(crate) store: EmbeddedStore,
    pub(crate) demo: Demonstration,
    pub(crate) clock: TestClock,
}

impl World {
    pub(crate) async fn new() -> Self {
        let Installation { store, demonstration: demo } = Installation::public(&api().catalogue).await.unwrap();
        Self { store, demo, clock: TestClock::default() }
    }

    pub(crate) fn authorizer(&self) -> Authorizer {
        Authorizer::new(api(), self.demo.settings.clone()).unwrap()
    }

    pub(crate) fn token(&self, name: &str) -> &str {
        self.demo.token(name).unwrap_or_else(|| panic!("no demonstration token `{name}`")).issued.expose()
    }
}

/// A clock that stands still until it is told to move.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicU64>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(NOW.seconds())))
    }
}

impl TestClock {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.load(Ordering::SeqCst))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// `api.yaml`, compiled.
pub(crate) fn pack() -> Pack {
    static PACK: LazyLock<Pack> = LazyLock::new(|| {
        let reference = concat!(env!("CARGO_MANIFEST_DIR"), "/api.yaml");
        compile(&std::fs::read_to_string(reference).unwrap()).unwrap()
    });
    PACK.clone()
}

/// The API of `api.yaml`.
pub(crate) fn api() -> Api {
    Api::new(pack()).unwrap()
}

/// The path of a well-formed request: ids as the reference declares them.
pub(crate) fn well_formed_path(template: &PathTemplate) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(text) => format!("/{text}"),
        Segment::Parameter { form: ParameterForm::Id { prefix, digits }, .. } => {
            format!("/{prefix}{}", "8".repeat(*digits))
        }
        Segment::Parameter { .. } | Segment::Greedy { .. } => "/x".to_owned(),
    };
    template.segments.iter().map(segment).collect()
}
