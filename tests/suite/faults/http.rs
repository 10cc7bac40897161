//! As much of HTTP/1.1 as a server needs that breaks it: messages with a length, taken apart and put together.

#![expect(clippy::disallowed_methods, reason = "the server has a clock of its own, which is not the test's")]

use std::time::SystemTime;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Further apart than this, DynamoDB does not believe a signature.
const TOLERANCE: i64 = 5 * 60;

/// A request or a response.
pub(super) struct Message {
    /// The first line and the headers, without the length.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// The message as it goes over the wire.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{}content-length: {}\r\n\r\n", self.head, self.body.len()).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Whether it asks DynamoDB for this operation.
    pub(super) fn is_for(&self, operation: &str) -> bool {
        self.header("x-amz-target").is_some_and(|target| target.ends_with(operation))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        values.next()
    }
}

/// A response with a body of that type.
pub(super) fn response(status: &str, media_type: &str, body: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\n");
    Message { head, body: body.as_bytes().to_vec() }.bytes()
}

/// DynamoDB's way of refusing.
pub(super) fn refusal(status: &str, error: &str) -> Vec<u8> {
    let body = json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{error}"), "message": "so it is"});
    response(status, "application/x-amz-json-1.0", &body.to_string())
}

/// Reads one message; none where the connection ends before it.
pub(super) async fn read(stream: &mut TcpStream) -> std::io::Result<Option<Message>> {
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 2;
        }
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8(read[..end].to_vec()).unwrap();
    let message = Message { head, body: read[end + 2..].to_vec() };
    let length = message.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut message = Message { head: without_length(&message.head), ..message };
    while message.body.len() < length {
        if stream.read_buf(&mut message.body).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(message))
}

fn without_length(head: &str) -> String {
    let lines = head.split_inclusive("\r\n");
    lines.filter(|line| !line.to_ascii_lowercase().starts_with("content-length:")).collect()
}

/// The refusal of a request that was signed too long before or after the time of a clock this far ahead.
pub(super) fn too_far_from(request: &Message, seconds: i64, tells: bool) -> Option<Vec<u8>> {
    let here = Timestamp::try_from(SystemTime::now()).unwrap().as_second() + seconds;
    let signed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", request.header("x-amz-date")?).unwrap();
    let signed = TimeZone::UTC.to_timestamp(signed).unwrap().as_second();
    if (here - signed).abs() <= TOLERANCE {
        return None;
    }
    let refusal = String::from_utf8(refusal("400 Bad Request", "InvalidSignatureException")).unwrap();
    if !tells {
        return Some(refusal.into_bytes());
    }
    let date = Timestamp::from_second(here).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT");
    Some(refusal.replacen("\r\n", &format!("\r\ndate: {date}\r\n"), 1).into_bytes())
}
