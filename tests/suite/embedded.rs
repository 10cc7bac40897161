//! A DynamoDB in the process, for tests: real requests over loopback, nothing outside, gone with the test.

use dynoxide::Database;
use dynoxide::server::serve_with_shutdown;
use edge_authorizer::access::catalogue::{Catalogue, CatalogueSource};
use edge_authorizer::store::admin::{Admin, Stamp};
use edge_authorizer::store::client::{Endpoint, connect};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub(crate) const TABLE: &str = "edge";
pub(crate) const REGION: &str = "eu-central-1";

/// An empty store on a port of its own.
pub(crate) struct Embedded {
    pub(crate) url: String,
    stop: Option<oneshot::Sender<()>>,
}

impl Embedded {
    pub(crate) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        std::thread::spawn(move || {
            block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                serve_with_shutdown(listener, Database::memory().unwrap(), async { drop(stopped.await) })
                    .await
                    .unwrap();
            });
        });
        Self { url, stop: Some(stop) }
    }

    /// The operators' view of the test's table.
    pub(crate) fn admin(&self) -> Admin {
        let keys = ("local".to_owned(), "local".to_owned());
        let endpoint = Endpoint::with_keys(REGION.to_owned(), Some(self.url.clone()), keys.0, keys.1, None);
        Admin::new(connect(endpoint), TABLE.to_owned())
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The stamp of a change that `anna` makes in the given second; the second is its random number too.
pub(crate) fn at(second: u64) -> Stamp {
    Stamp { by: "anna".to_owned(), milliseconds: second * 1000, nonce: second }
}

/// A small API: contacts and deals, each with its `all`, under a feature each; and one administrative permission.
pub(crate) fn catalogue() -> Catalogue {
    Catalogue::new(&catalogue_source()).unwrap()
}

pub(crate) fn catalogue_source() -> CatalogueSource {
    let actions = |resource: &str| ["read", "write", "delete"].map(|action| format!("{resource}.{action}")).to_vec();
    let all = |resource: &str| format!("{resource}.all");
    let resources = ["contact", "deal"];
    CatalogueSource {
        scopes: resources.iter().flat_map(|it| [actions(it), vec![all(it)]].concat()).collect(),
        administration: vec!["role.write".to_owned()],
        covers: resources.iter().map(|it| (all(it), actions(it))).collect(),
        whole: resources.map(all).to_vec(),
        features: resources.iter().map(|it| (format!("{it}s"), vec![all(it)])).collect(),
        words: Vec::new(),
    }
}
