//! `SESSION#<sha256>`: a browser's session, and in the same partition the requests that it is asked about and the
//! challenges that it was sent away with to be signed in, and what requests were answered with.
//!
//! Either is only ever looked for in the partition of the session that presents it, so another session cannot find it,
//! by construction. A name that may come once, of an assertion, has a partition to itself.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};

use super::{Commit, KEPT, OAuthStore, TTL, document, document_item, record_key, time, unbuildable};
use crate::oauth::code::IssuedCode;
use crate::oauth::secret::SecretDigest;
use crate::oauth::session::{Answer, Away, PendingRequest, SESSION_LIFETIME, Session};
use crate::store::StoreFault;
use crate::store::read::fault;
use crate::store::record::{Attributes, Item, number, text};
use crate::timestamp::Timestamp;

const SORT_KEY: &str = "SESSION";
const REQUEST: &str = "REQUEST";
const AWAY: &str = "AWAY";
const ANSWER: &str = "ANSWER";
const ONCE: &str = "ONCE";
const FORM: &str = "FORM";

/// A browser that is back, signed in.
pub struct Return<'a> {
    /// The session that it left with.
    pub old: SecretDigest,
    /// What it left with.
    pub challenge: SecretDigest,
    /// Its new session.
    pub new: (SecretDigest, &'a Session),
    /// The request that waits for it, if one does: its handle before and from now on.
    pub request: Option<(SecretDigest, SecretDigest, &'a PendingRequest)>,
    /// A name that may come once, and until when it could come.
    pub once: Option<(&'a str, Timestamp)>,
}

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

    /// Ends a session; it may have ended before.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn end_session(&self, id: SecretDigest) -> Result<(), StoreFault> {
        let delete = self.client.delete_item().table_name(&self.table);
        delete.set_key(Some(record_key(&partition(id), SORT_KEY))).send().await.map_err(fault)?;
        Ok(())
    }

    /// Notes that a form of a session was sent. A conflict means that it was before.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn spend_form(
        &self,
        session: SecretDigest,
        form: SecretDigest,
        now: Timestamp,
    ) -> Result<Commit, StoreFault> {
        let mut item = record_key(&partition(session), &format!("{FORM}#{}", form.to_hex()));
        item.insert(TTL.to_owned(), number(now.plus(SESSION_LIFETIME).plus(KEPT).seconds()));
        self.commit(vec![self.new_item(item)?]).await
    }

    /// Puts a signed-in session in the place of one that was not, and takes the request along, if there is one: the id
    /// changes at sign-in, so that nobody can have planted it.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn replace_session(
        &self,
        old: SecretDigest,
        new: (SecretDigest, &Session),
        request: Option<(SecretDigest, &PendingRequest)>,
    ) -> Result<Commit, StoreFault> {
        let (id, session) = new;
        let mut writes = vec![self.removed(&partition(old), SORT_KEY)?, self.new_session(id, session)?];
        if let Some((handle, pending)) = request {
            writes.push(self.removed(&partition(old), &request_key(handle))?);
            writes.push(self.new_request(id, handle, pending)?);
        }
        self.commit(writes).await
    }

    /// Notes that a session's browser is away with a challenge.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn keep_away(
        &self,
        session: SecretDigest,
        challenge: SecretDigest,
        away: &Away,
    ) -> Result<Commit, StoreFault> {
        let item = document_item(&partition(session), &away_key(challenge), away, Some(away.ends))?;
        self.commit(vec![self.new_item(item)?]).await
    }

    /// What a session's browser was sent away for with that challenge.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn away(&self, session: SecretDigest, challenge: SecretDigest) -> Result<Option<Away>, StoreFault> {
        let item = self.item(&partition(session), &away_key(challenge)).await?;
        item.map(|item| document(AWAY, &item)).transpose()
    }

    /// Puts a signed-in session in the place of one whose browser was away, once for each challenge and each name
    /// that may come once.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn return_session(&self, back: &Return<'_>) -> Result<Commit, StoreFault> {
        let old = partition(back.old);
        let (id, session) = back.new;
        let mut writes = vec![
            self.removed(&old, SORT_KEY)?,
            self.removed(&old, &away_key(back.challenge))?,
            self.new_session(id, session)?,
        ];
        if let Some((from, to, pending)) = back.request {
            writes.push(self.removed(&old, &request_key(from))?);
            writes.push(self.new_request(id, to, pending)?);
        }
        if let Some((name, until)) = back.once {
            let mut item = record_key(&partition(SecretDigest::of(name)), ONCE);
            item.insert(TTL.to_owned(), number(until.plus(KEPT).seconds()));
            writes.push(self.new_item(item)?);
        }
        self.commit(writes).await
    }

    /// Answers a request, once: with a code, or with none. The answer is kept for who sends it twice.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn answer_request(
        &self,
        session: SecretDigest,
        handle: SecretDigest,
        code: Option<(SecretDigest, &IssuedCode)>,
        answer: Option<&Answer>,
    ) -> Result<Commit, StoreFault> {
        let mut writes = vec![self.removed(&partition(session), &request_key(handle))?];
        if let Some((digest, code)) = code {
            writes.push(self.new_code(digest, code)?);
        }
        if let Some(answer) = answer {
            writes.push(self.new_item(write_answer(session, handle, answer))?);
        }
        self.commit(writes).await
    }

    /// What a request of this session was answered with.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub async fn answer(&self, session: SecretDigest, handle: SecretDigest) -> Result<Option<Answer>, StoreFault> {
        self.item(&partition(session), &answer_key(handle)).await?.map(|item| read_answer(&item)).transpose()
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

fn write_answer(session: SecretDigest, handle: SecretDigest, answer: &Answer) -> Item {
    let mut item = record_key(&partition(session), &answer_key(handle));
    item.extend([
        ("ends".to_owned(), time(answer.ends)),
        ("sealed".to_owned(), AttributeValue::B(Blob::new(answer.sealed.clone()))),
        (TTL.to_owned(), number(answer.ends.plus(KEPT).seconds())),
    ]);
    if let Some(code) = answer.code {
        item.insert("code".to_owned(), text(&code.to_hex()));
    }
    item
}

fn read_answer(item: &Item) -> Result<Answer, StoreFault> {
    let attributes = Attributes::of(ANSWER, item);
    let broken = |what: &str| StoreFault::BrokenRecord { record: ANSWER.to_owned(), what: what.to_owned() };
    let code = attributes.optional_text("code")?;
    let code =
        code.map(|code| SecretDigest::from_hex(code).ok_or_else(|| broken("`code` is no digest"))).transpose()?;
    let sealed = item.get("sealed").and_then(|value| value.as_b().ok());
    let sealed = sealed.ok_or_else(|| broken("`sealed` is not binary"))?.as_ref().to_vec();
    Ok(Answer { code, ends: attributes.time("ends")?, sealed })
}

fn partition(id: SecretDigest) -> String {
    format!("SESSION#{}", id.to_hex())
}

fn away_key(challenge: SecretDigest) -> String {
    format!("{AWAY}#{}", challenge.to_hex())
}

fn answer_key(handle: SecretDigest) -> String {
    format!("{ANSWER}#{}", handle.to_hex())
}

fn request_key(handle: SecretDigest) -> String {
    format!("{REQUEST}#{}", handle.to_hex())
}
