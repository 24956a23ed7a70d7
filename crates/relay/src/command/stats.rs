//! `sotto-relay stats`: how large the store is. It lists nobody.

use std::io::{self, Write};

use sotto_relay::upkeep::{Census, census};

use super::Settings;
use crate::failure::Failure;

pub(super) fn run(settings: Settings) -> Result<(), Failure> {
    let config = settings.effective()?.config;
    let Census {
        accounts,
        user_names,
        mailboxes,
        mailboxes_in_use,
        envelopes,
        envelope_bytes,
        envelopes_of_today,
        fullest_envelopes,
        fullest_bytes,
        one_time_prekeys,
        client_message_ids,
        database_bytes,
    } = census(&config)?;
    let rows = [
        ("accounts", accounts),
        ("accounts with a user name", user_names),
        ("mailboxes", mailboxes),
        ("mailboxes in which something waits", mailboxes_in_use),
        ("envelopes waiting", envelopes),
        ("bytes waiting", envelope_bytes),
        ("envelopes waiting for less than a day", envelopes_of_today),
        ("envelopes in the fullest mailbox", fullest_envelopes),
        ("bytes in the fullest mailbox", fullest_bytes),
        ("one-time prekeys left", one_time_prekeys),
        ("client message ids remembered", client_message_ids),
        ("bytes of the database", database_bytes),
    ];
    let mut out = io::stdout();
    for (what, count) in rows {
        writeln!(out, "{what:<40} {count:>15}")?;
    }
    Ok(())
}
