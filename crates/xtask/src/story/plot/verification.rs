//! The two verify each other by words and by card, in their two windows.

#[cfg(unix)]
use std::fs;
use std::io;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{StepError, Story};
use crate::story::cast::{ALICE, BOB};

impl Story {
    /// Each reads two words out, and types the two they hear.
    pub(super) async fn they_compare_by_words(&mut self) -> Result<(), StepError> {
        for window in [&self.stage.alice, &self.stage.bob] {
            window.take_verification_back().await?;
            window.close_safety_number().await?;
            self.expect_verification(window, "notVerified").await?;
        }
        self.transcript
            .does("", "both take the verification back, and Alice calls Bob");
        self.stage.alice.begin_words().await?;
        self.stage.bob.accept_words().await?;
        self.transcript
            .does(BOB.name, "is asked in the conversation, and wants to");
        let alices = self.stage.alice.words_to_read_out().await?;
        let bobs = self.stage.bob.words_to_read_out().await?;
        self.picture("words").await?;
        self.transcript
            .does(ALICE.name, format!("reads out: {}", alices.join(" ")));
        self.transcript
            .does(BOB.name, format!("reads out: {}", bobs.join(" ")));
        self.stage.bob.type_words(&alices).await?;
        self.stage.alice.type_words(&bobs).await?;
        for window in [&self.stage.alice, &self.stage.bob] {
            window.see_verdict("verified").await?;
        }
        self.picture("words-verified").await?;
        for window in [&self.stage.alice, &self.stage.bob] {
            window.leave_verdict().await?;
            self.expect_verification(window, "verified").await?;
        }
        self.transcript
            .holds("each typed what the other read out, and both windows call the other one verified");
        Ok(())
    }

    /// Bob hands his card over, and Alice's machine compares it.
    pub(super) async fn alice_gets_bobs_card(&mut self) -> Result<(), StepError> {
        self.stage.alice.take_verification_back().await?;
        let own = self.stage.alice.own_card().await?;
        let bobs = self.stage.bob.own_card().await?;
        self.stage.alice.paste_card(&own).await?;
        self.stage.alice.see_verdict("own").await?;
        self.transcript
            .does(ALICE.name, "pastes her own card, and is told that it is hers");
        self.stage.alice.try_again().await?;
        self.stage.alice.paste_card(&bobs).await?;
        self.stage.alice.see_verdict("verified").await?;
        self.picture("card-verified").await?;
        self.transcript
            .does(ALICE.name, "pastes the card that Bob handed over by mail");
        self.stage.alice.leave_verdict().await?;
        self.expect_verification(&self.stage.alice, "verified").await?;
        self.transcript
            .holds("Alice's machine compared all of it, and her window calls Bob verified");
        self.alice_gets_the_picture_of_bobs_card().await?;
        self.stage.bob.leave_way().await?;
        for window in [&self.stage.alice, &self.stage.bob] {
            window.close_safety_number().await?;
        }
        self.picture("verified-again").await
    }

    /// The same with a file: Bob's window saves the picture, and Alice's reads it.
    async fn alice_gets_the_picture_of_bobs_card(&mut self) -> Result<(), StepError> {
        self.stage.alice.take_verification_back().await?;
        let picture = self.stage.bob.save_own_card().await?;
        if is_for_others(&picture).map_err(StepError::Saved)? {
            return Err(StepError::SavedForOthers(picture));
        }
        self.transcript.does(
            BOB.name,
            format!("saves the picture of his card: {}", named(&picture)),
        );
        self.stage.alice.open_cards().await?;
        self.stage.alice.choose_card(&picture).await?;
        self.stage.alice.see_verdict("verified").await?;
        self.transcript.does(
            ALICE.name,
            "chooses that file, and her machine reads the code in it",
        );
        self.stage.alice.leave_verdict().await?;
        self.expect_verification(&self.stage.alice, "verified").await
    }
}

/// Whether other users of the computer may read a file.
#[cfg(unix)]
fn is_for_others(file: &Path) -> io::Result<bool> {
    Ok(fs::metadata(file)?.permissions().mode() & 0o077 != 0)
}

/// A user's folders are their own there.
#[cfg(not(unix))]
fn is_for_others(_file: &Path) -> io::Result<bool> {
    Ok(false)
}

fn named(file: &Path) -> String {
    file.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
