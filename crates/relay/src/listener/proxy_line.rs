//! The line with which a proxy hands a connection on: the PROXY protocol, version 1
//! (<https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt>, 2.1).

use std::io;
use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt};

/// `PROXY UNKNOWN` with two long IPv6 addresses and ports, CRLF included: 107 bytes by the specification.
const MOST: usize = 107;

/// Reads the line and not a byte more. `None`: the proxy speaks for itself.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<IpAddr>> {
    let mut line = Vec::with_capacity(MOST);
    // A byte at a time: what follows belongs to TLS or HTTP. It is in the socket's buffer already.
    while !line.ends_with(b"\r\n") {
        if line.len() == MOST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        line.push(stream.read_u8().await?);
    }
    parse(&line).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn parse(line: &[u8]) -> Option<Option<IpAddr>> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix("\r\n")?;
    let mut words = line.split(' ');
    if words.next() != Some("PROXY") {
        return None;
    }
    let family = words.next()?;
    if family == "UNKNOWN" {
        return Some(None);
    }
    let source: IpAddr = words.next()?.parse().ok()?;
    let destination: IpAddr = words.next()?.parse().ok()?;
    let ports = [words.next()?, words.next()?].map(str::parse::<u16>);
    let right = match family {
        "TCP4" => source.is_ipv4() && destination.is_ipv4(),
        "TCP6" => source.is_ipv6() && destination.is_ipv6(),
        _ => false,
    };
    (right && words.next().is_none() && ports.iter().all(Result::is_ok)).then_some(Some(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_line_is_read_and_what_follows_left_alone() {
        let mut stream: &[u8] = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\nGET / HTTP/1.1\r\n";
        assert_eq!(
            read(&mut stream).await.unwrap(),
            Some("192.0.2.7".parse().unwrap())
        );
        assert_eq!(stream, b"GET / HTTP/1.1\r\n");
        let mut stream: &[u8] = b"PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n";
        assert_eq!(
            read(&mut stream).await.unwrap(),
            Some("2001:db8::7".parse().unwrap())
        );
        let mut stream: &[u8] = b"PROXY UNKNOWN\r\n";
        assert_eq!(read(&mut stream).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_no_line_is_refused_before_it_gets_long() {
        let long = [b"PROXY UNKNOWN ".as_slice(), &[b'x'; 200]].concat();
        for wrong in [
            b"".as_slice(),
            b"GET / HTTP/1.1\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n",
            b"PROXY TCP4 2001:db8::7 198.51.100.1 56324 443\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 more\r\n",
            b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 99999\r\n",
            b"PROXY UDP4 192.0.2.7 198.51.100.1 56324 443\r\n",
            b"PROXY TCP4 \xFF\xFF 198.51.100.1 56324 443\r\n",
            &long,
        ] {
            assert!(read(&mut &*wrong).await.is_err());
        }
    }
}
