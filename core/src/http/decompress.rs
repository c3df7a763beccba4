//! The body of a response, decompressed while it comes.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use crate::http::failure::{self, SendError};

/// Largest response that is read, after decompression.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Most bytes that are set aside on the word of a header.
const MAX_PREALLOCATION: u64 = 8 * 1024 * 1024;

/// A body that is read chunk by chunk.
pub(crate) enum Body {
    Plain(Limited),
    Gzip(Box<MultiGzDecoder<Limited>>),
}

impl Body {
    /// A body with these headers. Removes those that only hold for what is on the wire.
    pub(crate) fn of(headers: &mut HeaderMap, length: Option<u64>) -> Self {
        let is_gzip = headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
        if is_gzip && length != Some(0) {
            headers.remove(CONTENT_ENCODING);
            headers.remove(CONTENT_LENGTH);
            return Self::Gzip(Box::new(MultiGzDecoder::new(Limited(Vec::new()))));
        }
        Self::Plain(Limited(Vec::with_capacity(length.unwrap_or_default().min(MAX_PREALLOCATION) as usize)))
    }

    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), SendError> {
        let written = match self {
            Self::Plain(body) => body.write_all(chunk),
            Self::Gzip(body) => body.write_all(chunk),
        };
        written.map_err(|error| describe(&error))
    }

    pub(crate) fn finish(self) -> Result<Vec<u8>, SendError> {
        match self {
            Self::Plain(body) => Ok(body.0),
            Self::Gzip(body) => body.finish().map(|body| body.0).map_err(|error| describe(&error)),
        }
    }
}

fn describe(error: &io::Error) -> SendError {
    if error.kind() == io::ErrorKind::FileTooLarge {
        return SendError::Response(error.to_string().into());
    }
    failure::decode(error)
}

/// A buffer that takes no more than a response may have.
pub(crate) struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BYTES {
            let message = format!("the response is larger than {} MiB", MAX_BYTES >> 20);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
