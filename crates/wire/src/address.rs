//! Where a relay is, and the name it is called by.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use crate::limits::MAX_RELAY_NAME_BYTES;

/// Where a relay is: `wss://host[:port]`, or `ws://` to this machine.
///
/// A host without a scheme is `wss`, except this machine itself, which is `ws`: no certificate is to be had for it.
/// [`Display`](fmt::Display) writes the shortest text that parses to the same address: `relay.example`,
/// `relay.example:8443`, `127.0.0.1:7070`, `wss://localhost`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RelayAddress {
    secure: bool,
    host: Host,
    port: u16,
}

/// The longest name of the domain name system, as text without the dot at its end (RFC 1035, 3.1).
const MAX_DOMAIN_BYTES: usize = 253;

/// The text is not the address of a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `wss://host`, `wss://host:port` or `host`.
    #[error("not an address of the form host, host:port or wss://host:port")]
    Malformed,
    /// A scheme other than `wss` and `ws`.
    #[error("a relay's address begins with wss:// or has no scheme at all")]
    UnknownScheme,
    /// `ws://` to another machine would show everybody on the way who talks.
    #[error("an unencrypted ws:// address may only lead to this machine")]
    InsecureRemote,
}

impl RelayAddress {
    /// True for `wss`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host, IPv6 addresses in brackets.
    pub fn host(&self) -> String {
        self.host.to_string()
    }

    /// The port, also where it is the usual one.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The name by which a client that dials this address calls the relay.
    pub fn authority(&self) -> RelayName {
        RelayName(format!("{}:{}", self.host, self.port))
    }

    /// The URL of an endpoint: [`mailbox::PATH`](crate::mailbox::PATH) or [`open::PATH`](crate::open::PATH).
    pub fn endpoint(&self, path: &str) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}:{}{path}", self.host, self.port)
    }

    fn default_port(secure: bool) -> u16 {
        if secure { 443 } else { 80 }
    }
}

impl FromStr for RelayAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let (host, port) = host_and_port(rest)?;
        let secure = match scheme.as_deref() {
            Some("wss") => true,
            Some("ws") if is_loopback(&host) => false,
            Some("ws") => return Err(AddressError::InsecureRemote),
            Some(_) => return Err(AddressError::UnknownScheme),
            None => !is_loopback(&host),
        };
        Ok(Self {
            secure,
            host,
            port: port.unwrap_or(Self::default_port(secure)),
        })
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secure && is_loopback(&self.host) {
            f.write_str("wss://")?;
        }
        self.host.fmt(f)?;
        if self.port != Self::default_port(self.secure) {
            write!(f, ":{}", self.port)?;
        }
        Ok(())
    }
}

/// A relay's name, `host:port` with the port always there: the authority of the address that a client dials.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RelayName(String);

impl RelayName {
    /// `host:port`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RelayName {
    type Err = AddressError;

    /// Reads what [`RelayAddress`] reads: `relay.example` is called `relay.example:443`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(|address: RelayAddress| address.authority())
    }
}

impl fmt::Display for RelayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn host_and_port(text: &str) -> Result<(Host, Option<u16>), AddressError> {
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.is_empty() || text.len() > MAX_RELAY_NAME_BYTES || text.contains(['/', '\\', '?', '#', '@']) {
        return Err(AddressError::Malformed);
    }
    // The scheme has the host normalised as of the web: lower case, punycode, numbers as IPv4 addresses.
    let url = Url::parse(&format!("https://{text}")).map_err(|_| AddressError::Malformed)?;
    let host = url.host().ok_or(AddressError::Malformed)?.to_owned();
    // Normalised, a name in another script is longer than it was written.
    if matches!(&host, Host::Domain(name) if !could_be_found(name)) {
        return Err(AddressError::Malformed);
    }
    // The URL forgets a written 443; `[::1]` has colons and no port.
    let written = text
        .rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    let port = if written {
        url.port_or_known_default()
    } else {
        None
    };
    match port {
        Some(0) => Err(AddressError::Malformed),
        port => Ok((host, port)),
    }
}

/// Whether the domain name system can hold this name: its length, and letters, digits, hyphens and, for some, underscores.
fn could_be_found(name: &str) -> bool {
    name.len() <= MAX_DOMAIN_BYTES
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests;
