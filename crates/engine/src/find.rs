//! Finding somebody by their user name.
//!
//! ```text
//! look up -> whose name it is, and a token that opens their mailbox for some minutes
//! fetch   -> their bundle, under that token: a session, and a contact whom nobody has verified
//! text    -> with the first one goes an Introduction; to them it is a request
//! ```
//! The relay may answer with whom it likes: only comparing safety numbers shows that it did not.

use std::sync::Arc;

use rusqlite::Transaction;
use sotto_protocol::prekey::PreKeyBundle;
use sotto_wire::open::{FetchBundle, UserNameFound};
use sotto_wire::{AccountId, Refusal, RelayAddress, UserName};

use crate::clock::Timestamp;
use crate::connection::Owner;
use crate::contacts::conversation;
use crate::core::Core;
use crate::effects::Effects;
use crate::error::{FindError, RelayError, StorageError};
use crate::handshake::{InvalidBundle, Started, peer_bundle, start_session};
use crate::model::{Conversation, Notice, Standing};
use crate::moved;
use crate::reach::{self, Reach};
use crate::requests;
use crate::store::table::contacts::{self, TokenSource};

/// A user name and the relay that knows whose it is: `name@relay.example`.
struct Sought {
    name: UserName,
    relay: RelayAddress,
}

impl Sought {
    /// Without a relay, the name is one of our own relay's.
    fn parse(text: &str, ours: &RelayAddress) -> Result<Self, FindError> {
        let text = text.trim();
        let (name, relay) = match text.split_once('@') {
            Some((name, relay)) => (name, relay.parse()?),
            None => (text, ours.clone()),
        };
        Ok(Self {
            name: name.parse()?,
            relay,
        })
    }
}

/// Finds somebody; answers the conversation with them, which may be there already.
pub(crate) async fn find(core: &Arc<Core>, text: &str) -> Result<Conversation, FindError> {
    let Sought { name, relay } = Sought::parse(text, &core.owner.address.relay)?;
    moved::refuse::<FindError>(&core.store).await?;
    let UserNameFound {
        account,
        delivery_token,
        ..
    } = core
        .relays
        .look_up(&relay, &name)
        .await
        .map_err(|error| match error {
            RelayError::Refused(Refusal::NoSuchUserName) => FindError::Nobody,
            error => error.into(),
        })?;
    if account == core.owner.address.account {
        return Err(FindError::Own);
    }
    let (known_name, now) = (name.clone(), core.now());
    let known = core
        .change(move |transaction, effects| known(transaction, effects, account, &known_name, now))
        .await?;
    if let Some(conversation) = known {
        return Ok(conversation);
    }
    let fetch = FetchBundle {
        account,
        device: Owner::DEVICE,
        delivery_token: delivery_token.clone(),
    };
    let bundle = core.relays.fetch_bundle(&relay, fetch).await?;
    let bundle = peer_bundle(&bundle).map_err(|InvalidBundle| RelayError::Incompatible)?;
    let reach = Reach {
        token: delivery_token,
        // It was just heard.
        trust_root: core.relays.trust_root(&relay).ok_or(RelayError::Unreachable)?,
    };
    let (owner, now) = (Arc::clone(&core.owner), core.now());
    core.change(move |transaction, effects| {
        let found = Found {
            account,
            relay,
            name,
            reach,
            bundle,
        };
        meet(transaction, effects, &owner, &found, now)
    })
    .await
}

/// The conversation with somebody who is a contact already. Who waits to be accepted is accepted by being looked for.
fn known(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    account: AccountId,
    name: &UserName,
    now: Timestamp,
) -> Result<Option<Conversation>, FindError> {
    let Some(contact) = contacts::by_account(transaction, account)? else {
        return Ok(None);
    };
    contacts::set_user_name(transaction, contact.id, name)?;
    effects.touch(contact.id);
    if contact.standing() == Standing::Requested {
        let accepted = requests::accept(transaction, effects, contact.id, now);
        return accepted.map(Some).map_err(|_| StorageError::Failed.into());
    }
    let contact = contacts::by_id(transaction, contact.id)?.ok_or(StorageError::Failed)?;
    Ok(Some(conversation(transaction, &contact)?))
}

/// Somebody who was found, and is no contact yet.
struct Found {
    account: AccountId,
    relay: RelayAddress,
    name: UserName,
    reach: Reach,
    bundle: PreKeyBundle,
}

fn meet(
    transaction: &Transaction<'_>,
    effects: &mut Effects,
    owner: &Owner,
    found: &Found,
    now: Timestamp,
) -> Result<Conversation, FindError> {
    // They may have written in the meantime.
    if let Some(known) = known(transaction, effects, found.account, &found.name, now)? {
        return Ok(known);
    }
    let id = contacts::insert(transaction, found.account, &found.relay, None, now)?;
    contacts::set_user_name(transaction, id, &found.name)?;
    contacts::set_introduced(transaction, id, false)?;
    let contact = contacts::by_id(transaction, id)?.ok_or(StorageError::Failed)?;
    reach::learned(transaction, effects, &contact, &found.reach, TokenSource::LookUp)?;
    match start_session(transaction, effects, owner, &contact, &found.bundle, now)? {
        Started::Yes => {}
        // A key that waits for a decision from before they were deleted, or a bundle that its identity did not sign.
        Started::Blocked | Started::Invalid => return Err(RelayError::Incompatible.into()),
    }
    effects.notice(transaction, id, Notice::FoundByUserName, now)?;
    let contact = contacts::by_id(transaction, id)?.ok_or(StorageError::Failed)?;
    Ok(conversation(transaction, &contact)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_a_relay_is_one_of_our_own() {
        let ours: RelayAddress = "relay.example".parse().unwrap();
        let sought = Sought::parse(" Alice ", &ours).unwrap();
        assert_eq!((sought.name.as_str(), &sought.relay), ("alice", &ours));
        let sought = Sought::parse("alice@other.example:8443", &ours).unwrap();
        assert_eq!(sought.relay, "other.example:8443".parse().unwrap());
        assert!(matches!(Sought::parse("al", &ours), Err(FindError::Name(_))));
        assert!(matches!(
            Sought::parse("@relay.example", &ours),
            Err(FindError::Name(_))
        ));
        assert!(matches!(
            Sought::parse("alice@", &ours),
            Err(FindError::Address(_))
        ));
        assert!(matches!(
            Sought::parse("alice@ws://relay.example", &ours),
            Err(FindError::Address(_))
        ));
    }
}
