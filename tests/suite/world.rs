//! A whole local installation for a test: the public demonstration in an embedded store, and a clock that a test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use edge_authorizer::api::Api;
use edge_authorizer::authorize::Authorizer;
use edge_authorizer::local::demo::Demonstration;
use edge_authorizer::local::fill::fill;
use edge_authorizer::local::store::{Data, EmbeddedStore};
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
        let store = EmbeddedStore::start(&Data::Memory).await.unwrap();
        let demo = Demonstration::public(&api().catalogue).unwrap();
        fill(&store.client(), &demo).await.unwrap();
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

/// The API of `api.yaml`.
pub(crate) fn api() -> Api {
    use edge_authorizer::access::catalogue::CatalogueSource;
    use edge_authorizer::api::{Pack, PackedOperation, PackedSegment};
    let resources = ["contact", "company", "deal", "task", "note", "activity"];
    let mut source = CatalogueSource::default();
    let mut operations = Vec::new();
    for resource in resources {
        let name = |action: &str| format!("{resource}.{action}");
        source.scopes.extend(["read", "write", "delete", "all"].map(name));
        source.covers.insert(name("all"), ["read", "write", "delete"].map(name).to_vec());
        source.whole.push(name("all"));
        let plural = PackedSegment::Literal(format!("{resource}s"));
        let v1 = || PackedSegment::Literal("v1".to_owned());
        let id = || PackedSegment::Id { name: "id".to_owned(), prefix: format!("{}_", &resource[..3]), digits: 24 };
        for (verb, action, with_id) in
            [("GET", "read", false), ("POST", "write", false), ("GET", "read", true), ("DELETE", "delete", true)]
        {
            let mut path = vec![v1(), plural.clone()];
            if with_id {
                path.push(id());
            }
            operations.push(PackedOperation {
                id: format!("{}{resource}{}", verb.to_lowercase(), if with_id { "" } else { "s" }),
                verb: verb.to_owned(),
                path,
                pat: vec![vec![name(action)]],
                access_token: vec![vec![name(action)]],
            });
        }
    }
    source.administration = vec!["member.read".to_owned()];
    let features = |names: &[&str]| names.iter().map(|name| format!("{name}.all")).collect::<Vec<_>>();
    source.features.insert("crm".to_owned(), features(&["contact", "company", "task", "note", "activity"]));
    source.features.insert("sales".to_owned(), features(&["deal"]));
    Api::new(Pack::new("test".to_owned(), source, operations).unwrap()).unwrap()
}
