//! Whether somebody new may have an account: what the operator says, and what they brought.

use ring::digest;
use ring::rand::{SecureRandom, SystemRandom};
use sotto_wire::mailbox::Register;
use sotto_wire::{Challenge, Pass, Refusal, RelayInvite, Work};

use crate::config::{Limits, Registration};
use crate::pepper::Pepper;
use crate::store::{IfNew, SpentInvite};

/// How an invite begins: 8 random bytes, when it expires (seconds since 1970), how many accounts it is good for. A MAC
/// follows, so that the relay need not keep those it gave out, only those that were used.
const HEAD: usize = 8 + 4 + 2;

/// What is to become of a registration if the account is new. One that is there already is not asked again.
pub(crate) fn if_new(
    register: &Register,
    challenge: &Challenge,
    limits: &Limits,
    pepper: &Pepper,
    now_ms: u64,
) -> IfNew {
    let refused = |refusal| IfNew::Refused(refusal);
    match (limits.registration, register.pass) {
        (Registration::Open, _) => IfNew::Allowed,
        (Registration::Closed, _) => refused(Refusal::RegistrationClosed),
        (Registration::InviteOnly, Some(Pass::Invite(invite))) => {
            check(&invite, pepper, now_ms).map_or(refused(Refusal::WrongInvite), IfNew::Spends)
        }
        (Registration::InviteOnly, _) => refused(Refusal::InviteRequired),
        (Registration::ProofOfWork, Some(Pass::Work(work))) if is_done(work, register, challenge, limits) => {
            IfNew::Allowed
        }
        (Registration::ProofOfWork, _) => refused(Refusal::WorkRequired {
            bits: limits.work_bits,
        }),
    }
}

fn is_done(work: Work, register: &Register, challenge: &Challenge, limits: &Limits) -> bool {
    let hash = digest::digest(&digest::SHA256, &work.string(challenge, register.account));
    let hash: Option<&[u8; 32]> = hash.as_ref().try_into().ok();
    hash.is_some_and(|hash| Work::is_enough(hash, limits.work_bits))
}

/// An invite of ours.
pub(crate) fn invite(
    pepper: &Pepper,
    accounts: u16,
    expires_at_ms: u64,
) -> Result<RelayInvite, ring::error::Unspecified> {
    let mut bytes = [0; RelayInvite::BYTES];
    let (head, mac) = bytes.split_at_mut(HEAD);
    let (id, rest) = head.split_at_mut(8);
    SystemRandom::new().fill(id)?;
    let (expires, most) = rest.split_at_mut(4);
    let seconds = u32::try_from(expires_at_ms / 1_000).unwrap_or(u32::MAX);
    expires.copy_from_slice(&seconds.to_be_bytes());
    most.copy_from_slice(&accounts.to_be_bytes());
    mac.copy_from_slice(&pepper.relay_invite(head));
    Ok(bytes.into())
}

/// What the store is to remember of it; `None` if it is not ours, or too old.
fn check(invite: &RelayInvite, pepper: &Pepper, now_ms: u64) -> Option<SpentInvite> {
    read(invite, pepper).filter(|invite| now_ms <= invite.expires_at_ms)
}

/// What is in an invite; `None` if it is not ours.
pub(crate) fn read(invite: &RelayInvite, pepper: &Pepper) -> Option<SpentInvite> {
    let (head, mac) = invite.as_bytes().split_at_checked(HEAD)?;
    if !pepper.is_relay_invite(head, mac) {
        return None;
    }
    let (id, rest) = head.split_first_chunk::<8>()?;
    let (expires, accounts) = rest.split_first_chunk::<4>()?;
    Some(SpentInvite {
        id: *id,
        accounts: u16::from_be_bytes(*accounts.first_chunk()?),
        expires_at_ms: u64::from(u32::from_be_bytes(*expires)) * 1_000,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_relay_that_made_an_invite_takes_it_and_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let pepper = Pepper::open(&folder.path().join("pepper"), true).unwrap();
        let invite = invite(&pepper, 3, 1_800_000_000_000).unwrap();
        let spent = check(&invite, &pepper, 1_800_000_000_000).unwrap();
        assert_eq!((spent.accounts, spent.expires_at_ms), (3, 1_800_000_000_000));
        assert!(check(&invite, &pepper, 1_800_000_000_001).is_none());
        let other = Pepper::open(&folder.path().join("other"), true).unwrap();
        assert!(check(&invite, &other, 0).is_none());
        for at in 0..RelayInvite::BYTES {
            let mut bytes = *invite.as_bytes();
            bytes[at] ^= 1;
            assert!(check(&bytes.into(), &pepper, 0).is_none(), "byte {at}");
        }
    }
}
