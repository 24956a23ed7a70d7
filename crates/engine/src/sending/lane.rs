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

use super::prepare::{Prepared, Ready, Settled, Way, give_up, prepare, settle};
use crate::checkpoint::Checkpoint;
use crate::connection::{Backoff, Owner};
use crate::core::Core;
use crate::error::{RelayError, StorageError};
use crate::handshake::{Started, peer_bundle, start_session};
use crate::store::table::{contacts, outbox};

/// Sends to one recipient.
pub(super) struct Lane {
    core: Arc<Core>,
    recipient: AccountId,
    wake: Arc<Notify>,
    hurry: watch::Receiver<()>,
    /// What the relay answered and the database does not know yet.
    settled: Settled,
}

/// What a step came to.
enum Step {
    /// There may be more.
    Again,
    /// There is nothing to do until something is queued.
    Idle,
    /// The relay could not be asked, or wants to be asked later.
    Later(RelayError),
}

/// What a relay's answer means for what was asked.
enum Verdict {
    Later,
    Never,
}

impl Lane {
    pub(super) fn new(core: Arc<Core>, recipient: AccountId, wake: Arc<Notify>) -> Self {
        Self {
            hurry: core.hurry.subscribe(),
            core,
            recipient,
            wake,
            settled: Settled::default(),
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
                settle(transaction, effects, &settled)?;
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
                Ok(self.deliver(way, ready).await)
            }
        }
    }

    /// Sends fixed ciphertexts in order.
    async fn deliver(&mut self, way: Way, ready: Ready) -> Step {
        let Ready { rows, envelopes } = ready;
        let deliver = Deliver {
            account: self.recipient,
            device: Owner::DEVICE,
            envelopes,
            ephemeral: false,
            delivery_token: way.token,
        };
        match self.core.relays.deliver(&way.relay, deliver).await {
            Ok(stored) => {
                self.core
                    .environment
                    .checkpoints
                    .reached(Checkpoint::RelayAccepted);
                self.settled.accepted = rows.iter().take(stored).map(|row| row.id).collect();
                Step::Again
            }
            Err(error) => match verdict(&error) {
                Verdict::Never => {
                    self.settled.refused = rows.into_iter().next();
                    Step::Again
                }
                Verdict::Later => Step::Later(error),
            },
        }
    }

    async fn begin_session(&self, way: Way) -> Result<Step, StorageError> {
        let fetch = FetchBundle {
            account: self.recipient,
            device: Owner::DEVICE,
            delivery_token: way.token,
        };
        let bundle = match self.core.relays.fetch_bundle(&way.relay, fetch).await {
            Ok(bundle) => bundle,
            Err(error) => {
                return match verdict(&error) {
                    Verdict::Later => Ok(Step::Later(error)),
                    Verdict::Never => self.give_up_next().await,
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
        let recipient = self.recipient;
        self.core
            .change(move |transaction, effects| {
                for row in outbox::first(transaction, recipient, 1)? {
                    give_up(transaction, effects, &row)?;
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
        RelayError::Refused(_) => Verdict::Never,
    }
}
