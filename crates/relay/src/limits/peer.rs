//! Who is at the other end, as far as counting needs it: an IPv4 address, or an IPv6 network of 64 bits, since that is
//! what a household gets.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where connections come from. No `Debug`, so that no log shows it by accident.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Peer([u8; 9]);

impl Peer {
    /// `None` for this machine itself: behind its own address is a proxy, or its operator.
    pub(crate) fn of(address: IpAddr) -> Option<Self> {
        let address = address.to_canonical();
        if address.is_loopback() {
            return None;
        }
        let mut bytes = [0; 9];
        let (family, rest) = bytes.split_at_mut(1);
        match address {
            IpAddr::V4(address) => {
                family.fill(4);
                rest.iter_mut()
                    .zip(address.octets())
                    .for_each(|(to, from)| *to = from);
            }
            IpAddr::V6(address) => {
                family.fill(6);
                rest.iter_mut()
                    .zip(address.octets())
                    .for_each(|(to, from)| *to = from);
            }
        }
        Some(Self(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// How many connections each peer has. Bounded by the connections there are.
#[derive(Clone, Default)]
pub(crate) struct Peers(Arc<Mutex<HashMap<Peer, u32>>>);

/// One connection's place among its peer's, given back when dropped.
pub(crate) struct PeerPlace {
    peers: Peers,
    peer: Peer,
}

impl Peers {
    /// `None` if the peer has as many as it may.
    pub(crate) fn place(&self, peer: Peer, most: u32) -> Option<PeerPlace> {
        let mut peers = self.lock();
        let count = peers.entry(peer).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(PeerPlace {
            peers: self.clone(),
            peer,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Peer, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PeerPlace {
    fn drop(&mut self) {
        let mut peers = self.peers.lock();
        if let Some(count) = peers.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                peers.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> Option<Peer> {
        Peer::of(address.parse().unwrap())
    }

    #[test]
    fn a_household_is_one_peer_and_this_machine_none() {
        assert!(peer("2001:db8:1:2::1") == peer("2001:db8:1:2:ffff::9"));
        assert!(peer("2001:db8:1:2::1") != peer("2001:db8:1:3::1"));
        assert!(peer("192.0.2.1") == peer("::ffff:192.0.2.1"));
        assert!(peer("192.0.2.1") != peer("192.0.2.2"));
        assert!(peer("127.0.0.1").is_none() && peer("::1").is_none() && peer("::ffff:127.0.0.1").is_none());
    }

    #[test]
    fn places_are_given_back_and_nothing_of_the_peer_stays() {
        let (peers, bob) = (Peers::default(), peer("192.0.2.1").unwrap());
        let places: Vec<_> = (0..3).map(|_| peers.place(bob, 3).unwrap()).collect();
        assert!(peers.place(bob, 3).is_none());
        assert!(peers.place(peer("192.0.2.2").unwrap(), 3).is_some());
        drop(places);
        assert!(peers.lock().is_empty());
        assert!(peers.place(bob, 3).is_some());
    }
}
