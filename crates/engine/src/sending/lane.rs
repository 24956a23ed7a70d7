//! A lane: sends what there is for one recipient, in order, for as long as the engine runs.
//!
//! One delivery is under way at a time. The relay keeps a prefix of it, so what follows a refusal is not there before
//! what was refused; the next delivery begins with that. What an answer settles is noted in the transaction that
//! prepares the next delivery: two commits for up to [`MAX_ENVELOPES_PER_DELIVERY`] messages.
//!
//! [`MAX_ENVELOPES_PER_DELIVERY`]: sotto_wire::MAX_ENVELOPES_PER_DELIVERY

use std::sync::Arc;

use sotto_wire::open::{Deliver, FetchBundle};
use sotto_wire::{AccountId, Refusal};
use tokio::sync::{Notify, watch};

use super::prepare::{Prepared, Ready, Settled, Way, prepare, settle};
use crate::checkpoint::Checkpoint;
use crate::connection::{Backoff, Owner};
use crate::core::Core;
use crate::error::{RelayError, StorageError};
use crate::handshake::{Started, peer_bundle, start_session};
use crate::invite;
use crate::store::table::contacts::{self, TokenSource};
use crate::store::table::outbox;
use crate::undelivered::give_up;

/// Sends to one recipient.
pub(super) struct Lane {
    core: Arc<Core>,
    recipient: AccountId,
    wake: Arc<Notify>,
    hurry: watch::Receiver<()>,
    /// What the relay answered and the database does not know yet.
    settled: Settled,
    /// The token was just looked up: it is not looked up again before it has been of use.
    looked_up: bool,
}

/// What a step came to.
enum Step {
    /// There may be more.
    Again,
    /// There is nothing to do until something is queued.
    Idle,
    /// The relay could not be asked, or wants to be asked later.
    Later(RelayError),
    /// The recipient's mailbox has another token by now, and we have not heard of it yet.
    Held(RelayError),
}

/// What a relay's answer means for what was asked.
enum Verdict {
    Later,
    Never,
    /// Not by this token.
    Token,
}

impl Lane {
    pub(super) fn new(core: Arc<Core>, recipient: AccountId, wake: Arc<Notify>) -> Self {
        Self {
            hurry: core.hurry.subscribe(),
            core,
            recipient,
            wake,
            settled: Settled::default(),
            looked_up: false,
        }
    }

    /// Runs until the engine is shut down. What is under way then is dropped at a point where nothing is lost: all that
    /// counts is in the database.
    pub(super) async fn run(mut self) {
        let shutdown = self.core.shutdown.clone();
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = self.send() => {}
        }
    }

    async fn send(&mut self) {
        let mut backoff = Backoff::default();
        loop {
            let wait = match self.step().await {
                Ok(Step::Again) => {
                    backoff.reset();
                    continue;
                }
                Ok(Step::Idle) => {
                    self.wake.notified().await;
                    continue;
                }
                Ok(Step::Later(error)) => backoff.after(&error, &mut rand::rng()),
                Ok(Step::Held(error)) => {
                    let wait = backoff.after(&error, &mut rand::rng());
                    tokio::select! {
                        () = self.core.clock().sleep(wait) => {}
                        _ = self.hurry.changed() => {}
                        () = self.wake.notified() => {}
                    }
                    continue;
                }
                Err(StorageError::ShutDown) => return,
                // The disk is full, or worse; perhaps not for ever.
                Err(_) => backoff.next(&mut rand::rng()),
            };
            tokio::select! {
                () = self.core.clock().sleep(wait) => {}
                _ = self.hurry.changed() => {}
            }
        }
    }

    async fn step(&mut self) -> Result<Step, StorageError> {
        let (owner, recipient, now) = (Arc::clone(&self.core.owner), self.recipient, self.core.now());
        let settled = self.settled.clone();
        let prepared = self
            .core
            .change(move |transaction, effects| {
                settle(transaction, effects, &settled, now)?;
                prepare(transaction, effects, &owner, recipient, now)
            })
            .await?;
        self.settled = Settled::default();
        match prepared {
            Prepared::Nothing => Ok(Step::Idle),
            Prepared::NeedsSession(way) => self.begin_session(way).await,
            // Whoever gets one hurries everybody.
            Prepared::NeedsCertificate => Ok(Step::Later(RelayError::Unreachable)),
            Prepared::Deliver(way, ready) => {
                self.core
                    .environment
                    .checkpoints
                    .reached(Checkpoint::SentCommitted);
                self.deliver(way, ready).await
            }
        }
    }

    /// Sends fixed ciphertexts in order.
    async fn deliver(&mut self, way: Way, ready: Ready) -> Result<Step, StorageError> {
        let Ready { rows, envelopes } = ready;
        let deliver = Deliver {
            account: self.recipient,
            device: Owner::DEVICE,
            envelopes,
            ephemeral: false,
            delivery_token: way.token.clone(),
        };
        match self.core.relays.deliver(&way.relay, deliver).await {
            Ok(stored) => {
                self.core
                    .environment
                    .checkpoints
                    .reached(Checkpoint::RelayAccepted);
                self.settled.accepted = rows.iter().take(stored).map(|row| row.id).collect();
                self.looked_up = false;
                Ok(Step::Again)
            }
            Err(error) => match self.judge(&way, error).await? {
                Some(step) => Ok(step),
                None => {
                    self.settled.refused = rows.into_iter().next();
                    Ok(Step::Again)
                }
            },
        }
    }

    /// What to do after a refusal; `None`: what is next is refused for good.
    async fn judge(&mut self, way: &Way, error: RelayError) -> Result<Option<Step>, StorageError> {
        match verdict(&error) {
            Verdict::Later => Ok(Some(Step::Later(error))),
            Verdict::Never => Ok(None),
            Verdict::Token => self.look_for_a_way(way, error).await,
        }
    }

    /// The recipient's mailbox does not open by this token, or not any more. Perhaps we know another one by now; whom we
    /// found by their user name we find again; what a contact told us they will tell us anew, if they want us to know.
    async fn look_for_a_way(&mut self, way: &Way, error: RelayError) -> Result<Option<Step>, StorageError> {
        let recipient = self.recipient;
        let contact = self
            .core
            .store
            .read(move |connection| contacts::by_account(connection, recipient))
            .await?;
        let Some(contact) = contact else {
            return Ok(None);
        };
        if contact.delivery_token.as_ref() != Some(&way.token) {
            return Ok(Some(Step::Again));
        }
        if let (Some(name), false) = (&contact.user_name, self.looked_up) {
            match self.core.relays.look_up(&way.relay, name).await {
                Ok(found) if found.account == recipient => {
                    let token = found.delivery_token;
                    self.core
                        .change(move |transaction, _| {
                            let source = TokenSource::LookUp;
                            contacts::set_delivery_token(transaction, contact.id, &token, source)
                        })
                        .await?;
                    self.looked_up = true;
                    return Ok(Some(Step::Again));
                }
                // The name is nobody's, or somebody else's.
                Ok(_) | Err(RelayError::Refused(Refusal::NoSuchUserName)) => {}
                Err(error) => return Ok(Some(Step::Later(error))),
            }
        }
        if error != RelayError::Refused(Refusal::ExpiredDeliveryToken) {
            return Ok(None);
        }
        let told_anew = match contact.token_source {
            TokenSource::Contact => true,
            // The inviter has heard of us by now, and answers.
            TokenSource::Invite => !self.knocks().await?,
            TokenSource::LookUp => false,
        };
        Ok(told_anew.then_some(Step::Held(error)))
    }

    /// Whether the inviter is still to hear that we opened their invite.
    async fn knocks(&self) -> Result<bool, StorageError> {
        let recipient = self.recipient;
        self.core
            .store
            .read(move |connection| invite::is_still_to_be_accepted(connection, recipient))
            .await
    }

    async fn begin_session(&mut self, way: Way) -> Result<Step, StorageError> {
        let fetch = FetchBundle {
            account: self.recipient,
            device: Owner::DEVICE,
            delivery_token: way.token.clone(),
        };
        let bundle = match self.core.relays.fetch_bundle(&way.relay, fetch).await {
            Ok(bundle) => bundle,
            Err(error) => {
                return match self.judge(&way, error).await? {
                    Some(step) => Ok(step),
                    None => self.give_up_next().await,
                };
            }
        };
        let Ok(bundle) = peer_bundle(&bundle) else {
            return self.give_up_next().await;
        };
        let (owner, recipient, now) = (Arc::clone(&self.core.owner), self.recipient, self.core.now());
        let started = self
            .core
            .change(
                move |transaction, effects| match contacts::by_account(transaction, recipient)? {
                    Some(contact) => start_session(transaction, effects, &owner, &contact, &bundle, now),
                    None => Ok::<_, StorageError>(Started::Blocked),
                },
            )
            .await?;
        match started {
            Started::Yes => Ok(Step::Again),
            Started::Blocked => Ok(Step::Idle),
            Started::Invalid => self.give_up_next().await,
        }
    }

    /// What is next cannot be sent: there is no way to begin a session.
    async fn give_up_next(&self) -> Result<Step, StorageError> {
        let (recipient, now) = (self.recipient, self.core.now());
        self.core
            .change(move |transaction, effects| {
                for row in outbox::first(transaction, recipient, 1)? {
                    give_up(transaction, effects, &row, now)?;
                }
                Ok(Step::Again)
            })
            .await
    }
}

/// Whether asking again may help.
fn verdict(error: &RelayError) -> Verdict {
    match error {
        RelayError::Unreachable | RelayError::Certificate | RelayError::Incompatible => Verdict::Later,
        // Somebody who has just registered publishes in a moment.
        RelayError::Refused(Refusal::NoPrekeys) => Verdict::Later,
        RelayError::Refused(refusal) if refusal.is_temporary() || refusal.ends_connection() => Verdict::Later,
        RelayError::Refused(Refusal::WrongDeliveryToken | Refusal::ExpiredDeliveryToken) => Verdict::Token,
        RelayError::Refused(_) => Verdict::Never,
    }
}
