//! As much of MQTT 3.1.1 as it takes to send and receive at QoS 1 (delivered at least once, acknowledged at each hop).
//!
//! Lean on purpose: a client library with tasks of its own would slow the peer down, and ours would shine for it.

use bytes::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::LineError;

/// What a packet begins with.
mod kind {
    pub(super) const CONNECT: u8 = 0x10;
    pub(super) const CONNACK: u8 = 0x20;
    pub(super) const PUBLISH_QOS_1: u8 = 0x32;
    pub(super) const PUBACK: u8 = 0x40;
    pub(super) const SUBSCRIBE: u8 = 0x82;
    pub(super) const SUBACK: u8 = 0x90;
    pub(super) const DISCONNECT: u8 = 0xe0;
    /// Of the first byte: the upper half is the kind, the rest are flags.
    pub(super) const MASK: u8 = 0xf0;
}

/// A packet of those that are used here.
pub(super) enum Packet {
    Published { id: u16, message: BytesMut },
    Acknowledged,
    Connected,
    Subscribed,
}

/// A connection to a broker.
pub(super) struct Connection {
    stream: TcpStream,
    incoming: BytesMut,
    outgoing: BytesMut,
}

impl Connection {
    /// Connects under a name; with `keep`, the broker keeps what comes for this name while nobody is connected.
    pub(super) async fn open(port: u16, name: &str, keep: bool) -> Result<Self, LineError> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        let mut connection = Self {
            stream,
            incoming: BytesMut::with_capacity(16 * 1024),
            outgoing: BytesMut::with_capacity(16 * 1024),
        };
        let clean_session = if keep { 0 } else { 2 };
        connection.packet(kind::CONNECT, 12 + name.len(), |body| {
            put_text(body, "MQTT");
            body.put_u8(4);
            body.put_u8(clean_session);
            body.put_u16(0);
            put_text(body, name);
        });
        connection.flush().await?;
        match connection.next().await? {
            Packet::Connected => Ok(connection),
            _ => Err(LineError::Unexpected),
        }
    }

    /// Asks for what is published under a topic; answered by [`Packet::Subscribed`].
    pub(super) async fn subscribe(&mut self, topic: &str) -> Result<(), LineError> {
        self.packet(kind::SUBSCRIBE, 5 + topic.len(), |body| {
            body.put_u16(1);
            put_text(body, topic);
            body.put_u8(1);
        });
        self.flush().await
    }

    /// Writes a message, not through to the network yet.
    pub(super) fn publish(&mut self, topic: &str, id: u16, message: &[u8]) {
        self.packet(kind::PUBLISH_QOS_1, 4 + topic.len() + message.len(), |body| {
            put_text(body, topic);
            body.put_u16(id);
            body.put_slice(message);
        });
    }

    /// Writes an acknowledgement, not through to the network yet.
    pub(super) fn acknowledge(&mut self, id: u16) {
        self.packet(kind::PUBACK, 2, |body| body.put_u16(id));
    }

    pub(super) async fn disconnect(&mut self) -> Result<(), LineError> {
        self.packet(kind::DISCONNECT, 0, |_| {});
        self.flush().await
    }

    pub(super) async fn flush(&mut self) -> Result<(), LineError> {
        self.stream.write_all(&self.outgoing).await?;
        self.outgoing.clear();
        Ok(())
    }

    /// The next packet. Nothing is lost when the call is given up.
    pub(super) async fn next(&mut self) -> Result<Packet, LineError> {
        loop {
            if let Some(packet) = take_packet(&mut self.incoming)? {
                return Ok(packet);
            }
            if self.stream.read_buf(&mut self.incoming).await? == 0 {
                return Err(LineError::HungUp);
            }
        }
    }

    fn packet(&mut self, kind: u8, length: usize, body: impl FnOnce(&mut BytesMut)) {
        self.outgoing.put_u8(kind);
        let mut rest = length;
        loop {
            let (low, high) = ((rest % 128) as u8, rest / 128);
            rest = high;
            if rest == 0 {
                self.outgoing.put_u8(low);
                break;
            }
            self.outgoing.put_u8(low | 128);
        }
        body(&mut self.outgoing);
    }
}

fn put_text(body: &mut BytesMut, text: &str) {
    // Proof: topics and names here have a few letters.
    body.put_u16(text.len() as u16);
    body.put_slice(text.as_bytes());
}

/// Takes a packet off the front if it is there as a whole.
fn take_packet(incoming: &mut BytesMut) -> Result<Option<Packet>, LineError> {
    let (mut length, mut header) = (0_usize, 1);
    loop {
        let Some(byte) = incoming.get(header) else {
            return Ok(None);
        };
        length |= usize::from(byte & 127) << (7 * (header - 1));
        header += 1;
        if byte & 128 == 0 {
            break;
        }
        if header > 4 {
            return Err(LineError::Unexpected);
        }
    }
    if incoming.len() < header + length {
        return Ok(None);
    }
    let first = incoming.first().copied().unwrap_or_default();
    incoming.advance(header);
    let mut body = incoming.split_to(length);
    match first & kind::MASK {
        kind::CONNACK => Ok(Some(Packet::Connected)),
        kind::SUBACK => Ok(Some(Packet::Subscribed)),
        kind::PUBACK => Ok(Some(Packet::Acknowledged)),
        publish if publish == kind::PUBLISH_QOS_1 & kind::MASK => {
            let topic = body.try_get_u16().map_err(|_| LineError::Unexpected)?;
            if body.len() < usize::from(topic) + 2 {
                return Err(LineError::Unexpected);
            }
            body.advance(usize::from(topic));
            let id = body.get_u16();
            Ok(Some(Packet::Published { id, message: body }))
        }
        _ => Err(LineError::Unexpected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_taken_when_it_is_there_as_a_whole() {
        let mut body = BytesMut::new();
        put_text(&mut body, "to/1");
        body.put_u16(7);
        body.put_slice(&[9; 200]);
        let mut incoming = BytesMut::from(&[kind::PUBLISH_QOS_1, 0xd0, 0x01][..]);
        assert_eq!(body.len(), 208);
        incoming.put_slice(&body);
        let last = incoming.split_off(incoming.len() - 1);
        assert!(take_packet(&mut incoming).unwrap().is_none());
        incoming.unsplit(last);
        let Some(Packet::Published { id: 7, message }) = take_packet(&mut incoming).unwrap() else {
            panic!("no message")
        };
        assert_eq!(&message[..], &[9; 200]);
        assert!(incoming.is_empty());
    }
}
