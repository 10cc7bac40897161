//! As much of HTTP/1.1 as the two servers here need: requests with a `Content-Length`, over a connection that is kept.

use std::io::{self, BufRead, Read, Write};

pub struct Request {
    pub path: String,
    /// The value of `x-amz-target`.
    pub target: String,
    pub body: Vec<u8>,
}

/// The next request of a connection; none at its end.
pub fn read(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut target) = (0, String::new());
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            length = usize::MAX;
        } else if name.eq_ignore_ascii_case("x-amz-target") {
            value.trim().clone_into(&mut target);
        }
    }
    let body = if length == usize::MAX { chunks(stream)? } else { exactly(stream, length)? };
    Ok(Some(Request { path, target, body }))
}

/// Writes an answer in one piece.
pub fn write(stream: &mut impl Write, status: &str, headers: &str, body: &[u8]) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat())?;
    stream.flush()
}

fn exactly(stream: &mut impl Read, length: usize) -> io::Result<Vec<u8>> {
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
        let chunk = exactly(stream, length + 2)?;
        if length == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}
