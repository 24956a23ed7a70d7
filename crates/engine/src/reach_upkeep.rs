//! How we are reached, kept up at our relay.
//!
//! ```text
//! online -> SetDeliveryTokens: the contact token, and one for each open invite   (again whenever one changes)
//!        -> IssueSenderCertificate, if ours is good for less than half a day     (nothing is sent without one)
//! ```
//! Another contact token takes the place of the present one when somebody is blocked: see [`rotation`].

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Transaction};
use sotto_protocol::sealed_sender::SenderCertificate;
use sotto_wire::mailbox::{Answer, IssuedCertificate, Request};
use sotto_wire::{CurveKey, DeliveryTokens, InviteToken, MAX_INVITE_TOKENS, RelayAddress};
use tokio::sync::mpsc;

use crate::checkpoint::Checkpoint;
use crate::clock::Timestamp;
use crate::connection::Mailbox;
use crate::core::Core;
use crate::error::{RelayError, StorageError};
use crate::invite_secret::InviteSecret;
use crate::reach::{good, invite_token, is_ours};
use crate::store::table::reach::{self, ReachRow};
use crate::store::table::{contacts, invites};
use crate::upkeep::{self, AFTER_REFUSAL, Upkeep, UpkeepError};
use crate::{rotation, user_name};

/// A certificate that is good for less is replaced: half of its day.
const RENEWED_BEFORE: Duration = Duration::from_secs(12 * 3600);

/// How long the token of an invite still opens our mailbox after a guest came with it: until they have heard of the
/// contact token.
const AFTER_USE: Duration = Duration::from_secs(86_400);

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
    let wanted = core.listeners.tokens.wanted.subscribe();
    upkeep::run(core, ReachUpkeep, wanted).await;
}

impl Upkeep for ReachUpkeep {
    const FAILURE: &'static str = "the relay does not know how we are reached";

    async fn keep_up(&self, core: &Arc<Core>, mailbox: &Mailbox) -> Result<Timestamp, UpkeepError> {
        let (wanted, root) = (*core.listeners.tokens.wanted.borrow(), mailbox.trust_root());
        let clock = Arc::clone(&core.environment.clock);
        let (row, tokens) = core
            .change(move |transaction, _| {
                let row = heard(transaction, &root)?;
                // As of now, and not of when the database was asked for: what is over must not go with what is new.
                let tokens = tokens(transaction, &row, clock.now())?;
                Ok::<_, StorageError>((row, tokens))
            })
            .await?;
        match mailbox.request(Request::SetDeliveryTokens(tokens)).await? {
            Answer::DeliveryTokensSet => core.listeners.tokens.set.send_replace(wanted),
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
