//! What the desktop does for Alice: a browser for a link, a place among what starts with the session, a larger page.

use std::fs;
use std::time::{Duration, Instant};

use super::{StepError, Story};
use crate::story::cast::{ALICE, BOB};

/// Long enough for a file to be written on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(60);

/// A link with everything that a shell or a browser could take for something else.
const LINK: &str = "https://mill.example/plan?day=5&lanterns=40;x=$HOME%20a#gate";

impl Story {
    pub(super) async fn alice_uses_her_desktop(&mut self) -> Result<(), StepError> {
        self.a_link_opens_in_the_browser().await?;
        self.it_starts_with_the_session().await?;
        self.the_size_of_everything_is_kept().await
    }

    async fn a_link_opens_in_the_browser(&mut self) -> Result<(), StepError> {
        let opened = self.stage.opened();
        self.stage.bob.send(LINK).await?;
        self.stage.alice.see_message(LINK).await?;
        let host = self.stage.alice.press_link().await?;
        self.picture("link").await?;
        if host != "mill.example" || opened.exists() {
            return Err(StepError::Link { opened: host });
        }
        self.stage.alice.open_link().await?;
        let wanted = format!("{LINK}\n");
        let told = eventually(|| fs::read_to_string(&opened).ok().filter(|told| !told.is_empty())).await;
        match told {
            Some(told) if told == wanted => {}
            told => {
                return Err(StepError::Link {
                    opened: told.unwrap_or_default(),
                });
            }
        }
        self.transcript.does(
            ALICE.name,
            "presses a link of Bob's, reads where it leads, and opens it",
        );
        self.transcript
            .holds("the system was asked for that address, and not before she said so");
        Ok(())
    }

    async fn it_starts_with_the_session(&mut self) -> Result<(), StepError> {
        let entry = self.stage.autostart(ALICE);
        self.stage.alice.open_settings().await?;
        self.stage.alice.switch_autostart().await?;
        let written = eventually(|| fs::read_to_string(&entry).ok()).await;
        let written = written.ok_or(StepError::Autostart("no entry was written"))?;
        let command = format!(
            "Exec=\"{}\" \"--hidden\" \"--profile\" \"{}\" \"--data-dir\" \"{}\"",
            self.stage.alice.app().display(),
            ALICE.profile,
            self.stage.data().display()
        );
        if !written.lines().any(|line| line == command) {
            return Err(StepError::Autostart("the entry starts something else"));
        }
        self.picture("settings").await?;
        self.stage.alice.switch_autostart().await?;
        eventually(|| (!entry.exists()).then_some(()))
            .await
            .ok_or(StepError::Autostart("the entry is still there"))?;
        self.stage.alice.close_settings().await?;
        self.transcript.does(
            ALICE.name,
            "has Sotto start with the computer, and changes her mind",
        );
        self.transcript
            .holds("the entry started her profile, out of sight, and is gone");
        Ok(())
    }

    async fn the_size_of_everything_is_kept(&mut self) -> Result<(), StepError> {
        let alice = &mut self.stage.alice;
        alice.open_conversation(BOB.display_name).await?;
        let plain = alice.page_width().await?;
        alice.press_with_control('=').await?;
        let larger = plain * 10 / 11;
        alice.see_page_width(larger).await?;
        alice.close().await?;
        alice.open().await?;
        alice.open_conversation(BOB.display_name).await?;
        alice.see_page_width(larger).await?;
        alice.press_with_control('0').await?;
        alice.see_page_width(plain).await?;
        self.transcript.does(
            ALICE.name,
            "has everything shown larger, starts Sotto again, and goes back to the size it was",
        );
        self.transcript.holds("the size outlived the restart");
        Ok(())
    }
}

/// What `look` finds, as soon as it finds it.
async fn eventually<T>(look: impl Fn() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        match look() {
            None if began.elapsed() < PATIENCE => tokio::time::sleep(GLANCE).await,
            found => return found,
        }
    }
}
