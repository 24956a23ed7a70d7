//! WebSocket frames (RFC 6455, section 5), as far as a line must see them to repeat, change or lose them one by one.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// One frame as it travels: its first byte, its mask, its payload with the mask taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    /// FIN, reserved bits and opcode.
    first: u8,
    mask: Option<[u8; 4]>,
    pub(super) payload: Vec<u8>,
}

const FIN_AND_BINARY: u8 = 0x82;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;
const TWO_BYTES_FOLLOW: u8 = 126;
const EIGHT_BYTES_FOLLOW: u8 = 127;

/// More than any frame that client or relay may send: a line in a test must not allocate what a bug asks for.
const LONGEST: u64 = 64 * 1024 * 1024;

impl Frame {
    /// A whole binary message, as all of Sotto's are.
    pub(super) fn is_binary(&self) -> bool {
        self.first == FIN_AND_BINARY
    }

    /// The same frame with another payload.
    pub(super) fn carrying(&self, payload: Vec<u8>) -> Self {
        Self {
            payload,
            ..self.clone()
        }
    }

    /// The next frame, or `None` where the stream ends between two.
    pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        let mut head = [0; 2];
        if from.read(&mut head[..1]).await? == 0 {
            return Ok(None);
        }
        from.read_exact(&mut head[1..]).await?;
        let length = match head[1] & LENGTH {
            TWO_BYTES_FOLLOW => u64::from(from.read_u16().await?),
            EIGHT_BYTES_FOLLOW => from.read_u64().await?,
            short => u64::from(short),
        };
        if length > LONGEST {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a frame longer than any of ours",
            ));
        }
        let mask = if head[1] & MASKED == 0 {
            None
        } else {
            let mut mask = [0; 4];
            from.read_exact(&mut mask).await?;
            Some(mask)
        };
        let mut payload = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        from.read_exact(&mut payload).await?;
        apply(mask, &mut payload);
        Ok(Some(Self {
            first: head[0],
            mask,
            payload,
        }))
    }

    /// Writes the frame in one piece.
    pub(super) async fn write(&self, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        to.write_all(&self.encode()).await
    }

    fn encode(&self) -> Vec<u8> {
        let masked = if self.mask.is_some() { MASKED } else { 0 };
        let mut bytes = vec![self.first];
        match u16::try_from(self.payload.len()) {
            Ok(short) if short < u16::from(TWO_BYTES_FOLLOW) => bytes.push(masked | short.to_be_bytes()[1]),
            Ok(long) => {
                bytes.push(masked | TWO_BYTES_FOLLOW);
                bytes.extend(long.to_be_bytes());
            }
            Err(_) => {
                bytes.push(masked | EIGHT_BYTES_FOLLOW);
                bytes.extend((self.payload.len() as u64).to_be_bytes());
            }
        }
        bytes.extend(
            self.mask
                .unwrap_or_default()
                .iter()
                .take(if self.mask.is_some() { 4 } else { 0 }),
        );
        let start = bytes.len();
        bytes.extend(&self.payload);
        apply(self.mask, &mut bytes[start..]);
        bytes
    }
}

fn apply(mask: Option<[u8; 4]>, payload: &mut [u8]) {
    let Some(mask) = mask else { return };
    for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_frame_of_any_length_is_read_as_it_was_written() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
            for mask in [None, Some([1, 2, 3, 4])] {
                let frame = Frame {
                    first: FIN_AND_BINARY,
                    mask,
                    payload: vec![7; length],
                };
                let bytes = frame.encode();
                assert_eq!(Frame::read(&mut bytes.as_slice()).await.unwrap(), Some(frame));
            }
        }
    }

    #[tokio::test]
    async fn a_frame_that_claims_the_whole_memory_is_refused() {
        let bytes = [
            FIN_AND_BINARY,
            EIGHT_BYTES_FOLLOW,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
            0xff,
        ];
        assert!(Frame::read(&mut bytes.as_slice()).await.is_err());
    }
}
