//! How others reach us, and believe that it is us: the tokens of our mailbox and our sender certificate, kept up.
//!
//! ```text
//! online -> SetDeliveryTokens: the contact token, and one for each open invite   (again whenever one changes)
//!        -> IssueSenderCertificate, if ours is good for less than half a day     (nothing is sent without one)
//! ```
//! The contact token is one for all contacts, so that it does not tell them apart, and is told them inside the
//! encryption. That of an invite is derived from its secret (`docs/adr/0016-sealed-delivery.md`). Another contact token takes
//! its place when somebody is blocked: see [`rotation`].

use std::sync::Arc;
use std::time::Duration;

use ring::hmac;
use rusqlite::{Connection, Transaction};
use sotto_protocol::sealed_sender::SenderCertificate;
use sotto_wire::mailbox::{Answer, IssuedCertificate, Request};
use sotto_wire::{CurveKey, DeliveryToken, DeliveryTokens, InviteToken, MAX_INVITE_TOKENS, RelayAddress};
use tokio::sync::{mpsc, watch};

use crate::checkpoint::Checkpoint;
use crate::clock::Timestamp;
use crate::connection::{Mailbox, Owner};
use crate::core::Core;
use crate::effects::Effects;
use crate::error::{RelayError, StorageError};
use crate::invite_secret::InviteSecret;
use crate::store::table::contacts::{self, ContactRow, TokenSource};
use crate::store::table::invites;
use crate::store::table::reach::{self, ReachRow};
use crate::upkeep::{self, AFTER_REFUSAL, Upkeep, UpkeepError};
use crate::{rotation, user_name};

/// A certificate that is good for less is replaced: half of its day.
const RENEWED_BEFORE: Duration = Duration::from_secs(12 * 3600);

/// A certificate that is about to expire is not used any more: clocks differ.
const TOO_LATE: Duration = Duration::from_secs(10 * 60);

/// How long the token of an invite still opens our mailbox after a guest came with it: until they have heard of the
/// contact token.
const AFTER_USE: Duration = Duration::from_secs(86_400);

/// How long a new invite waits to be known to the relay before it is shown all the same.
const INVITE_KNOWN_WITHIN: Duration = Duration::from_secs(5);

/// What a derived token is for.
const INVITE_LABEL: &[u8] = b"Sotto invite token v1";

/// How somebody is reached, as they tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Opens their mailbox.
    pub(crate) token: DeliveryToken,
    /// What their relay's certificates go back to.
    pub(crate) trust_root: CurveKey,
}

/// Which state of our tokens is wanted, and which one the relay has.
pub(crate) struct Tokens {
    wanted: watch::Sender<u64>,
    set: watch::Sender<u64>,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            wanted: watch::Sender::new(1),
            set: watch::Sender::new(0),
        }
    }
}

impl Tokens {
    /// They are others now.
    pub(crate) fn changed(&self) {
        self.wanted.send_modify(|state| *state += 1);
    }

    /// Waits until the relay has what is wanted now, but not for long.
    pub(crate) async fn known(&self, patience: Duration) {
        let wanted = *self.wanted.borrow();
        let mut set = self.set.subscribe();
        let _ = tokio::time::timeout(patience, set.wait_for(|set| *set >= wanted)).await;
    }

    /// Waits until an invite that was just made can be opened, but not for long.
    pub(crate) async fn invite_known(&self) {
        self.known(INVITE_KNOWN_WITHIN).await;
    }
}

/// The token by which whoever has an invite link reaches its maker.
pub(crate) fn invite_token(secret: &InviteSecret) -> DeliveryToken {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_bytes());
    let tag = hmac::sign(&key, INVITE_LABEL);
    let mut token = [0; 16];
    // Proof: the tag is 32 bytes long.
    token.copy_from_slice(tag.as_ref().first_chunk::<16>().unwrap_or(&[0; 16]));
    token.into()
}

/// How we are reached; `None` before our relay was heard for the first time.
pub(crate) fn ours(connection: &Connection) -> Result<Option<Reach>, StorageError> {
    Ok(reach::read(connection)?.and_then(|row| {
        Some(Reach {
            token: row.delivery_token,
            trust_root: row.trust_root?.into(),
        })
    }))
}

/// Our sender certificate, if it is good.
pub(crate) fn certificate(
    connection: &Connection,
    owner: &Owner,
    now: Timestamp,
) -> Result<Option<SenderCertificate>, StorageError> {
    let ours = reach::read(connection)?.and_then(|row| good(&row, owner, now.after(TOO_LATE)));
    Ok(ours.map(|(certificate, _)| certificate))
}

/// The certificate, and until when it is good, if it is ours and good at that time.
fn good(row: &ReachRow, owner: &Owner, at: Timestamp) -> Option<(SenderCertificate, Timestamp)> {
    let (bytes, expires_at) = row
        .certificate
        .as_ref()
        .filter(|(_, expires_at)| at < *expires_at)?;
    let certificate = SenderCertificate::from_bytes(bytes).ok()?;
    is_ours(&certificate, owner).then_some((certificate, *expires_at))
}

fn is_ours(certificate: &SenderCertificate, owner: &Owner) -> bool {
    let (claims, party) = (certificate.claims(), &owner.party);
    claims.identity == party.identity.identity_key() && claims.sender == party.address
}

/// Notes how a contact is reached. What waits for a way to them can be sent.
pub(crate) fn learned(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    contact: &ContactRow,
    reach: &Reach,
    source: TokenSource,
) -> Result<(), StorageError> {
    contacts::set_delivery_token(transaction, contact.id, &reach.token, source)?;
    effects.wake(contact.account);
    contacts::set_trust_root(transaction, contact.id, reach.trust_root.as_bytes())
}

/// Notes what the relays of contacts say their certificates go back to.
pub(crate) async fn learn_roots(
    core: Arc<Core>,
    mut roots: mpsc::UnboundedReceiver<(RelayAddress, CurveKey)>,
) {
    loop {
        let heard = tokio::select! {
            () = core.shutdown.cancelled() => return,
            heard = roots.recv() => heard,
        };
        let Some((relay, root)) = heard else { return };
        let noted = core
            .change(move |transaction, _| contacts::set_trust_root_at(transaction, &relay, root.as_bytes()))
            .await;
        match noted {
            Ok(()) => {}
            Err(StorageError::ShutDown) => return,
            Err(error) => tracing::warn!(%error, "a relay's trust root was not noted"),
        }
    }
}

/// How we are reached: tokens and certificate.
struct ReachUpkeep;

/// Keeps tokens and certificate up whenever there is a connection.
pub(crate) async fn run(core: Arc<Core>) {
    let wanted = core.tokens.wanted.subscribe();
    upkeep::run(core, ReachUpkeep, wanted).await;
}

impl Upkeep for ReachUpkeep {
    const FAILURE: &'static str = "the relay does not know how we are reached";

    async fn keep_up(&self, core: &Arc<Core>, mailbox: &Mailbox) -> Result<Timestamp, UpkeepError> {
        let (wanted, now, root) = (*core.tokens.wanted.borrow(), core.now(), mailbox.trust_root());
        let (row, tokens) = core
            .change(move |transaction, _| {
                let row = heard(transaction, &root)?;
                let tokens = tokens(transaction, &row, now)?;
                Ok::<_, StorageError>((row, tokens))
            })
            .await?;
        match mailbox.request(Request::SetDeliveryTokens(tokens)).await? {
            Answer::DeliveryTokensSet => core.tokens.set.send_replace(wanted),
            _ => return Err(RelayError::Incompatible.into()),
        };
        if row.next_token.is_some() {
            core.environment.checkpoints.reached(Checkpoint::TokenReplaced);
        }
        let (told, now) = (row.clone(), core.now());
        core.change(move |transaction, effects| rotation::finish(transaction, effects, &told, now))
            .await?;
        if let Err(error) = user_name::restore(core, mailbox).await {
            tracing::warn!(%error, "the relay may have another user name of ours");
        }
        if let Some((_, expires_at)) = good(&row, &core.owner, now.after(RENEWED_BEFORE)) {
            return Ok(expires_at.before(RENEWED_BEFORE));
        }
        let Answer::SenderCertificate(issued) = mailbox.request(Request::IssueSenderCertificate).await?
        else {
            return Err(RelayError::Incompatible.into());
        };
        let expires_at = keep(core, issued).await?;
        // What waited for it can be sent.
        core.hurry();
        Ok(expires_at
            .before(RENEWED_BEFORE)
            .max(core.now().after(AFTER_REFUSAL)))
    }
}

/// Notes what our relay's certificates go back to. One that it does not stand behind any more is worth nothing.
fn heard(transaction: &Transaction<'_>, root: &CurveKey) -> Result<ReachRow, StorageError> {
    if reach::read(transaction)?.is_none() {
        reach::insert(transaction, &rand::random())?;
    }
    let row = reach::read(transaction)?.ok_or(StorageError::Failed)?;
    if row.trust_root.as_ref() != Some(root.as_bytes()) {
        reach::set_trust_root(transaction, root.as_bytes())?;
        reach::forget_certificate(transaction)?;
    }
    reach::read(transaction)?.ok_or(StorageError::Failed)
}

/// All tokens that are to open our mailbox. If there are too many, the newest invites count.
fn tokens(connection: &Connection, row: &ReachRow, now: Timestamp) -> Result<DeliveryTokens, StorageError> {
    let invites = invites::all(connection)?.into_iter().filter_map(|invite| {
        let until = match (invite.revoked_at, invite.used) {
            (Some(_), _) => return None,
            (None, Some((_, used_at))) => invite.expires_at.min(used_at.after(AFTER_USE)),
            (None, None) => invite.expires_at,
        };
        (now < until).then(|| (invite_token(&InviteSecret::from_bytes(*invite.secret)), until))
    });
    let replaced = rotation::replaced(connection, row, now)?;
    let passing = replaced.into_iter().chain(invites).take(MAX_INVITE_TOKENS);
    let passing = passing.map(|(token, until)| InviteToken {
        token,
        expires_at_ms: until.millis().try_into().unwrap_or(0),
    });
    DeliveryTokens::new(rotation::wanted(row).clone(), passing.collect()).ok_or(StorageError::Failed)
}

async fn keep(core: &Arc<Core>, issued: IssuedCertificate) -> Result<Timestamp, UpkeepError> {
    let IssuedCertificate {
        certificate,
        valid_for_ms,
    } = issued;
    let expires_at = core.now().after(Duration::from_millis(valid_for_ms));
    let read = SenderCertificate::from_bytes(&certificate).map_err(|_| RelayError::Incompatible)?;
    if !is_ours(&read, &core.owner) {
        return Err(RelayError::Incompatible.into());
    }
    core.change(move |transaction, _| reach::set_certificate(transaction, &certificate, expires_at))
        .await?;
    Ok(expires_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_an_invite_is_always_the_same_and_does_not_show_its_secret() {
        let token = invite_token(&InviteSecret::from_bytes([7; 16]));
        assert!(token == invite_token(&InviteSecret::from_bytes([7; 16])));
        assert!(token != invite_token(&InviteSecret::from_bytes([8; 16])));
        assert_ne!(token.as_bytes(), [7; 16]);
    }
}
