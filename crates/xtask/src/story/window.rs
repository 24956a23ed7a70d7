//! One window, used as a person uses it: looked at, clicked and typed into. Elements are found by the test ids that
//! `ui/TESTIDS.md` promises.

mod conversation;
mod desktop;
mod intruding;
mod look;
mod typing;
mod verifying;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fantoccini::Client;
use fantoccini::elements::Element;
use fantoccini::error::CmdError;

use self::look::find_all;
use crate::story::cast::Person;
use crate::story::driver::{Driver, DriverError};

pub(crate) use self::conversation::Delivery;

/// How long anything may take until it is seen. Generous: the machine may be busy with a build.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often we look.
const GLANCE: Duration = Duration::from_millis(60);

/// Why a person could not do in a window what they wanted to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WindowError {
    #[error(transparent)]
    Driver(#[from] DriverError),
    #[error("{whose} window is closed")]
    Closed { whose: &'static str },
    #[error("{whose} window did not do what it was asked to: {what}")]
    Command {
        whose: &'static str,
        what: &'static str,
        source: Box<CmdError>,
    },
    #[error("{whose} window did not show {what} within {} s", PATIENCE.as_secs())]
    NotSeen { whose: &'static str, what: String },
    #[error("{whose} window did not close")]
    StillOpen { whose: &'static str },
}

/// A person's window, open or closed.
pub(crate) struct Window {
    person: Person,
    // Before the driver, so that the session is given up before its driver ends.
    session: Option<Client>,
    driver: Driver,
    app: PathBuf,
}

impl Window {
    pub(crate) fn new(person: Person, driver: Driver, app: PathBuf) -> Self {
        Self {
            person,
            session: None,
            driver,
            app,
        }
    }

    pub(crate) fn person(&self) -> Person {
        self.person
    }

    // --- Opening and closing -------------------------------------------------------------------------------------

    /// Starts the app with the person's profile, and waits until its page answers.
    pub(crate) async fn open(&mut self) -> Result<(), WindowError> {
        let session = self
            .driver
            .open(&self.app, &["--profile", self.person.profile])
            .await?;
        self.session = Some(session);
        Ok(())
    }

    /// Ends the app, and makes sure that it has ended.
    pub(crate) async fn close(&mut self) -> Result<(), WindowError> {
        let Some(session) = self.session.take() else {
            return Ok(());
        };
        session
            .close()
            .await
            .map_err(|source| self.command("close", source))?;
        let began = Instant::now();
        while self.driver.runs(&self.app) {
            if began.elapsed() > PATIENCE {
                return Err(WindowError::StillOpen {
                    whose: self.person.name,
                });
            }
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }

    // --- Beginning -----------------------------------------------------------------------------------------------

    pub(crate) fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// Waits for the first screen of a profile without an account.
    pub(crate) async fn see_onboarding(&self) -> Result<(), WindowError> {
        self.see_stage("onboarding").await?;
        self.see("onboarding-start").await.map(drop)
    }

    /// Makes an account, step by step as the screens ask for it; the keys go into the keychain.
    pub(crate) async fn register(&self, relay: &str, display_name: &str) -> Result<(), WindowError> {
        self.click("onboarding-start").await?;
        self.fill("relay-address", relay).await?;
        self.click("relay-continue").await?;
        self.fill("display-name", display_name).await?;
        self.click("name-continue").await?;
        self.click("vault-keychain").await?;
        self.click("create-account").await?;
        self.see_stage("ready").await?;
        self.see_attribute("connection-state", "data-state", "online")
            .await
            .map(drop)
    }

    async fn see_stage(&self, stage: &'static str) -> Result<(), WindowError> {
        self.see_attribute("app", "data-stage", stage).await.map(drop)
    }

    // --- Meeting -------------------------------------------------------------------------------------------------

    /// Makes an invite and answers its link; the dialog stays open.
    pub(crate) async fn create_invite(&self) -> Result<String, WindowError> {
        self.click("new-menu").await?;
        self.click("invite-create").await?;
        let field = self.see("invite-link").await?;
        self.until("an invite link", async |_| {
            Ok(field
                .prop("value")
                .await?
                .filter(|link| link.starts_with("sotto:")))
        })
        .await
    }

    /// Opens an invite by its link.
    pub(crate) async fn open_invite(&self, link: &str) -> Result<(), WindowError> {
        self.click("new-menu").await?;
        self.click("invite-open").await?;
        self.fill("invite-input", link).await?;
        self.see("invite-preview-name").await?;
        self.click("invite-accept").await
    }

    pub(crate) async fn close_dialog(&self) -> Result<(), WindowError> {
        self.click("dialog-close").await
    }

    /// Opens the conversation with somebody, and waits until it is there.
    pub(crate) async fn open_conversation(&self, with: &str) -> Result<(), WindowError> {
        let shows_name = async |element: &Element| -> Result<bool, CmdError> {
            Ok(element
                .prop("textContent")
                .await?
                .is_some_and(|text| text.contains(with)))
        };
        self.until(format!("a conversation with {with}"), async |session| {
            for row in find_all(session, "conversation-row").await? {
                if shows_name(&row).await? {
                    row.click().await?;
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await?;
        self.until(format!("the conversation with {with}"), async |session| {
            for heading in find_all(session, "conversation-name").await? {
                if shows_name(&heading).await? {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await
    }

    /// What the header of the open conversation calls the contact; waits a while for it to be what is expected.
    pub(crate) async fn verification(&self, expected: &str) -> Result<String, WindowError> {
        match self
            .see_attribute("verification-state", "data-state", expected)
            .await
        {
            Err(WindowError::NotSeen { .. }) => {
                let sign = self.see("verification-state").await?;
                let state = sign
                    .attr("data-state")
                    .await
                    .map_err(|source| self.command("look", source))?;
                Ok(state.unwrap_or_default())
            }
            seen => seen,
        }
    }

    // --- Verifying -----------------------------------------------------------------------------------------------

    /// Opens the safety-number screen of the open conversation, and reads the twelve blocks.
    pub(crate) async fn safety_number(&self) -> Result<String, WindowError> {
        self.click("open-safety-number").await?;
        self.see("safety").await?;
        self.until("twelve blocks of digits", async |session| {
            let mut blocks = Vec::new();
            for block in find_all(session, "safety-block").await? {
                blocks.push(block.text().await?);
            }
            Ok((blocks.len() == 12).then(|| blocks.concat()))
        })
        .await
    }

    /// Marks the contact verified, on the safety-number screen. If an invite verified them already, that is taken back
    /// first, so that the word afterwards is the number's.
    pub(crate) async fn mark_verified(&self) -> Result<(), WindowError> {
        let by_invite = self
            .until("a way to mark the contact verified", async |session| {
                let verified = !find_all(session, "remove-verification").await?.is_empty();
                let unverified = !find_all(session, "mark-verified").await?.is_empty();
                Ok((verified || unverified).then_some(verified))
            })
            .await?;
        if by_invite {
            self.click("remove-verification").await?;
        }
        self.click("mark-verified").await?;
        self.see("remove-verification").await.map(drop)
    }

    pub(crate) async fn close_safety_number(&self) -> Result<(), WindowError> {
        self.click("safety-close").await
    }
}
