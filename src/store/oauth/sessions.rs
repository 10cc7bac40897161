//! `SESSION#<sha256>`: a browser's session, and in the same partition the requests that it is asked about.
//!
//! A request is only ever looked for in the partition of the session that presents its handle, so another session
//! cannot find it, by construction.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};

use super::{Commit, OAuthStore, document, document_item, record_key, unbuildable};
use crate::oauth::code::IssuedCode;
use crate::oauth::secret::SecretDigest;
use crate::oauth::session::{PendingRequest, Session};
use crate::store::StoreFault;

const SORT_KEY: &str = "SESSION";
const REQUEST: &str = "REQUEST";

impl OAuthStore {
    /// The session of that digest, ended or not.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn session(&self, id: SecretDigest) -> Result<Option<Session>, StoreFault> {
        self.item(&partition(id), SORT_KEY).await?.map(|item| document(SORT_KEY, &item)).transpose()
    }

    /// Starts a session.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn start_session(&self, id: SecretDigest, session: &Session) -> Result<Commit, StoreFault> {
        self.commit(vec![self.new_session(id, session)?]).await
    }

    /// Keeps a request until the person at the browser has answered it.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn keep_request(
        &self,
        session: SecretDigest,
        handle: SecretDigest,
        request: &PendingRequest,
    ) -> Result<Commit, StoreFault> {
        self.commit(vec![self.new_request(session, handle, request)?]).await
    }

    /// The request of that handle, if it was put to this session.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn request(
        &self,
        session: SecretDigest,
        handle: SecretDigest,
    ) -> Result<Option<PendingRequest>, StoreFault> {
        let item = self.item(&partition(session), &request_key(handle)).await?;
        item.map(|item| document(REQUEST, &item)).transpose()
    }

    /// Puts a signed-in session in the place of one that was not, and takes the request along: the id changes at
    /// sign-in, so that nobody can have planted it.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn replace_session(
        &self,
        old: SecretDigest,
        new: (SecretDigest, &Session),
        request: (SecretDigest, &PendingRequest),
    ) -> Result<Commit, StoreFault> {
        let (id, session) = new;
        let (handle, pending) = request;
        self.commit(vec![
            self.removed(&partition(old), SORT_KEY)?,
            self.removed(&partition(old), &request_key(handle))?,
            self.new_session(id, session)?,
            self.new_request(id, handle, pending)?,
        ])
        .await
    }

    /// Answers a request, once: with a code, or with none.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn answer_request(
        &self,
        session: SecretDigest,
        handle: SecretDigest,
        code: Option<(SecretDigest, &IssuedCode)>,
    ) -> Result<Commit, StoreFault> {
        let mut writes = vec![self.removed(&partition(session), &request_key(handle))?];
        if let Some((digest, code)) = code {
            writes.push(self.new_code(digest, code)?);
        }
        self.commit(writes).await
    }

    fn new_session(&self, id: SecretDigest, session: &Session) -> Result<TransactWriteItem, StoreFault> {
        self.new_item(document_item(&partition(id), SORT_KEY, session, Some(session.ends))?)
    }

    fn new_request(
        &self,
        session: SecretDigest,
        handle: SecretDigest,
        request: &PendingRequest,
    ) -> Result<TransactWriteItem, StoreFault> {
        self.new_item(document_item(&partition(session), &request_key(handle), request, Some(request.ends))?)
    }

    /// The removal of a record that must be there.
    fn removed(&self, partition: &str, sort_key: &str) -> Result<TransactWriteItem, StoreFault> {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(record_key(partition, sort_key)));
        let delete = delete.condition_expression("attribute_exists(pk)").build().map_err(unbuildable)?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

fn partition(id: SecretDigest) -> String {
    format!("SESSION#{}", id.to_hex())
}

fn request_key(handle: SecretDigest) -> String {
    format!("{REQUEST}#{}", handle.to_hex())
}
