//! Making an account at a relay that does not take everybody.

use rand::Rng;
use ring::digest::{SHA256, digest};
use sotto_wire::{AccountId, Challenge, Pass, RelayInvite, Work};
use tokio::task::spawn_blocking;

/// Finds a number by whose hash the relay sees that work was done; `None` if it asks for more than is reasonable.
pub(super) async fn work(challenge: Challenge, account: AccountId, bits: u32) -> Option<Pass> {
    if bits > Work::MOST_BITS {
        return None;
    }
    // Seconds of computing: not on a thread that serves the connections.
    let found = spawn_blocking(move || {
        let first = rand::rng().next_u64();
        (0..u64::MAX)
            .map(|step| Work(first.wrapping_add(step)))
            .find(|work| Work::is_enough(&hash(*work, &challenge, account), bits))
    });
    found.await.ok().flatten().map(Pass::Work)
}

fn hash(work: Work, challenge: &Challenge, account: AccountId) -> [u8; 32] {
    let hash = digest(&SHA256, &work.string(challenge, account));
    // SHA-256 has 32 bytes; one that had fewer would be no work.
    hash.as_ref().try_into().unwrap_or([0xFF; 32])
}

/// The invite, if there is one.
pub(super) fn invite(invite: Option<RelayInvite>) -> Option<Pass> {
    invite.map(Pass::Invite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_for_this_challenge_and_within_reason() {
        let (challenge, account) = (Challenge::from([7; 32]), AccountId::random());
        let Some(Pass::Work(found)) = work(challenge, account, 12).await else {
            panic!("no work")
        };
        let hash = |challenge: &Challenge| hash(found, challenge, account);
        assert!(Work::is_enough(&hash(&challenge), 12));
        assert_ne!(hash(&challenge), hash(&[8; 32].into()));
        assert!(work(challenge, account, Work::MOST_BITS + 1).await.is_none());
    }
}
