//! A lane: sends what there is for one recipient, one message after another, for as long as the engine runs.

use std::sync::Arc;

use sotto_wire::open::{Deliver, FetchBundle};
use sotto_wire::{AccountId, Refusal, RelayAddress};
use tokio::sync::{Notify, watch};

use super::prepare::{Delivering, Prepared, finish, give_up, prepare};
use super::session::{Started, peer_bundle, start_session};
use crate::checkpoint::Checkpoint;
use crate::connection::{Backoff, Owner};
use crate::core::Core;
use crate::error::{RelayError, StorageError};
use crate::store::table::{contacts, outbox};

/// Sends to one recipient.
pub(super) struct Lane {
    core: Arc<Core>,
    recipient: AccountId,
    wake: Arc<Notify>,
    hurry: watch::Receiver<()>,
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
    pub(super) fn new(
        core: Arc<Core>,
        recipient: AccountId,
        wake: Arc<Notify>,
        hurry: watch::Receiver<()>,
    ) -> Self {
        Self {
            core,
            recipient,
            wake,
            hurry,
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

    async fn step(&self) -> Result<Step, StorageError> {
        let (owner, recipient, now) = (Arc::clone(&self.core.owner), self.recipient, self.core.now());
        let prepared = self
            .core
            .change(move |transaction, effects| prepare(transaction, effects, &owner, recipient, now))
            .await?;
        match prepared {
            Prepared::Nothing => Ok(Step::Idle),
            Prepared::NeedsSession(relay) => self.begin_session(&relay).await,
            Prepared::Deliver(relay, messages) => {
                self.core
                    .environment
                    .checkpoints
                    .reached(Checkpoint::SentCommitted);
                self.deliver(&relay, messages).await
            }
        }
    }

    /// Sends fixed ciphertexts in order, and stops at the first that does not get through.
    async fn deliver(&self, relay: &RelayAddress, messages: Vec<Delivering>) -> Result<Step, StorageError> {
        let mut accepted = Vec::with_capacity(messages.len());
        let mut refused = None;
        let mut step = Step::Again;
        for Delivering {
            row,
            payload,
            client_message_id,
        } in messages
        {
            let deliver = Deliver {
                account: self.recipient,
                device: Owner::DEVICE,
                client_message_id,
                payload,
                ephemeral: false,
                delivery_token: None,
            };
            match self.core.relays.deliver(relay, deliver).await {
                Ok(()) => {
                    self.core
                        .environment
                        .checkpoints
                        .reached(Checkpoint::RelayAccepted);
                    accepted.push(row.id);
                }
                Err(error) => {
                    match verdict(&error) {
                        Verdict::Never => refused = Some(row),
                        Verdict::Later => step = Step::Later(error),
                    }
                    break;
                }
            }
        }
        self.core
            .change(move |transaction, effects| {
                finish(transaction, effects, &accepted)?;
                refused.map_or(Ok(()), |row| give_up(transaction, effects, &row))
            })
            .await?;
        Ok(step)
    }

    async fn begin_session(&self, relay: &RelayAddress) -> Result<Step, StorageError> {
        let fetch = FetchBundle {
            account: self.recipient,
            device: Owner::DEVICE,
            delivery_token: None,
        };
        let bundle = match self.core.relays.fetch_bundle(relay, fetch).await {
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
