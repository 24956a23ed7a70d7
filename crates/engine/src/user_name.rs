//! The user's own user name: taken, changed, given up.
//!
//! The relay decides whose a name is, so it is asked while the user waits. A program that ends, or a line that is cut,
//! between the question and the answer leaves the relay with a name that we do not know of: that is noted before it is
//! asked, and the next connection brings the relay back to what is stored.

use std::sync::Arc;

use sotto_wire::mailbox::{Answer, Request};
use sotto_wire::{Refusal, UserName};

use crate::connection::Mailbox;
use crate::core::Core;
use crate::error::{RelayError, StorageError, UserNameError};
use crate::store::table::user_name;

/// Takes a name, in place of the one there is; `None` gives it up.
pub(crate) async fn set(core: &Arc<Core>, name: Option<UserName>) -> Result<(), UserNameError> {
    let _alone = core.naming.lock().await;
    let mailbox = core.status.mailbox().borrow().clone();
    let mailbox = mailbox.ok_or(RelayError::Unreachable)?;
    note(core, true).await?;
    let asked = ask(&mailbox, name.clone()).await;
    match asked {
        Ok(()) => core
            .change(move |transaction, _| user_name::set(transaction, name.as_ref()))
            .await
            .map_err(UserNameError::from),
        Err(RelayError::Refused(refusal)) => {
            note(core, false).await?;
            Err(match refusal {
                Refusal::UserNameTaken => UserNameError::Taken,
                refusal => RelayError::Refused(refusal).into(),
            })
        }
        Err(error) => Err(error.into()),
    }
}

/// Brings the relay back to the name that is stored, if it may have another one.
pub(crate) async fn restore(core: &Arc<Core>, mailbox: &Mailbox) -> Result<(), UserNameError> {
    let _alone = core.naming.lock().await;
    let row = core.store.read(user_name::read).await?;
    if !row.unsure {
        return Ok(());
    }
    match ask(mailbox, row.name).await {
        Ok(()) => note(core, false).await?,
        // It was given up for the other one, and somebody was faster.
        Err(RelayError::Refused(Refusal::UserNameTaken)) => {
            ask(mailbox, None).await?;
            core.change(|transaction, _| user_name::set(transaction, None))
                .await?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

async fn ask(mailbox: &Mailbox, name: Option<UserName>) -> Result<(), RelayError> {
    match mailbox.request(Request::SetUserName(name)).await? {
        Answer::UserNameSet => Ok(()),
        _ => Err(RelayError::Incompatible),
    }
}

async fn note(core: &Arc<Core>, unsure: bool) -> Result<(), StorageError> {
    core.change(move |transaction, _| user_name::set_unsure(transaction, unsure))
        .await
}
