//! What happens, in order, and what must be true of it.

mod desktop;
mod intrusion;
mod verification;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::command::run::Programs;
use crate::story::cast::{ALICE, BOB, CONVERSATION, MEANWHILE, Person, Speaker, everything_said};
use crate::story::evidence::EvidenceError;
use crate::story::inspection::Inspection;
use crate::story::stage::{Stage, StageError};
use crate::story::transcript::Transcript;
use crate::story::window::{Delivery, Window, WindowError};
use crate::terminal;
use crate::workspace::Workspace;

/// The story did not go as it should.
#[derive(Debug, thiserror::Error)]
#[error("the story failed at the step “{step}”; what was to be seen is in {}", results.display())]
pub(crate) struct PlotError {
    step: &'static str,
    results: PathBuf,
    source: StepError,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error(transparent)]
    Stage(#[from] StageError),
    #[error(transparent)]
    Window(#[from] WindowError),
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error("a picture could not be saved")]
    Picture(#[source] io::Error),
    #[error(
        "Bob received {received} of the {sent} messages that were sent while he was away, or some twice, or out of order"
    )]
    Meanwhile { sent: usize, received: usize },
    #[error("what was saved is not there")]
    Saved(#[source] io::Error),
    #[error("others may read what was saved: {}", .0.display())]
    SavedForOthers(PathBuf),
    #[error("nobody could listen outside of the windows")]
    Outside(#[source] io::Error),
    #[error("a script in the page could do what it must not: {}", .0.join(", "))]
    Intrusion(Vec<String>),
    #[error("the window let itself be sent to {0}")]
    Elsewhere(String),
    #[error("the window called somebody outside: {}", .0.join(", "))]
    Visits(Vec<String>),
    #[error("for Bob's link, the system was asked for “{opened}”")]
    Link { opened: String },
    #[error("starting with the session: {0}")]
    Autostart(&'static str),
    #[error("the two safety numbers differ")]
    SafetyNumbersDiffer,
    #[error("what {whose} window shows is not a safety number: {digits} digits")]
    NotASafetyNumber { whose: &'static str, digits: usize },
    #[error("{whose} window calls the contact “{found}”, not “{expected}”")]
    Verification {
        whose: &'static str,
        found: String,
        expected: &'static str,
    },
}

/// Sets the stage, tells the story and looks for what it must not have left behind.
pub(crate) async fn tell(workspace: &Workspace, programs: &Programs) -> Result<(), PlotError> {
    let results = workspace.results("demo");
    let failed = |step, source| PlotError {
        step,
        results: results.clone(),
        source,
    };

    let step = "setting the stage";
    let announced = terminal::step("Starting a relay, a Secret Service and two displays");
    let stage = Stage::set(workspace, programs, &results).await;
    let stage = stage.map_err(|error| failed(step, StepError::Stage(error)))?;
    announced.done();

    let mut story = Story {
        stage,
        transcript: Transcript::begin(),
        step,
        pictures: 0,
    };
    match story.tell().await {
        Ok(()) => {
            story.transcript.end();
            terminal::remark(format!("{} pictures in {}", story.pictures, results.display()));
            Ok(())
        }
        Err(source) => {
            story.leave_traces().await;
            Err(failed(story.step, source))
        }
    }
}

/// A story that is being told.
struct Story {
    stage: Stage,
    transcript: Transcript,
    step: &'static str,
    pictures: u32,
}

impl Story {
    async fn tell(&mut self) -> Result<(), StepError> {
        self.chapter("Two people register");
        self.both_register().await?;

        self.chapter("Bob opens Alice's invite");
        self.bob_opens_the_invite().await?;

        self.chapter("They talk");
        self.they_talk().await?;

        self.chapter("Bob goes away and comes back");
        self.bob_is_away_for_a_while().await?;

        self.chapter("They compare their safety numbers");
        self.they_compare_safety_numbers().await?;

        self.chapter("They compare by words");
        self.they_compare_by_words().await?;

        self.chapter("Bob hands his card over");
        self.alice_gets_bobs_card().await?;

        self.chapter("Alice uses her desktop");
        self.alice_uses_her_desktop().await?;

        self.chapter("A script in the page tries to get out");
        self.a_script_in_the_page_is_refused_everything().await?;

        self.chapter("What was left behind");
        self.nothing_was_left_behind().await
    }

    fn chapter(&mut self, title: &'static str) {
        self.step = title;
        self.transcript.chapter(title);
    }

    async fn both_register(&mut self) -> Result<(), StepError> {
        let relay = self.stage.relay.address();
        for window in [&mut self.stage.alice, &mut self.stage.bob] {
            window.open().await?;
            window.see_onboarding().await?;
        }
        self.picture("onboarding").await?;
        for window in [&self.stage.alice, &self.stage.bob] {
            let Person {
                name, display_name, ..
            } = window.person();
            window.register(&relay, display_name).await?;
            self.transcript.does(
                name,
                format!("registers as “{display_name}” at {relay}; the keys go into the keychain"),
            );
        }
        self.picture("registered").await
    }

    async fn bob_opens_the_invite(&mut self) -> Result<(), StepError> {
        let link = self.stage.alice.create_invite().await?;
        self.transcript
            .does(ALICE.name, "makes an invite and hands Bob the link");
        self.picture("invite").await?;
        self.stage.alice.close_dialog().await?;

        self.stage.bob.open_invite(&link).await?;
        self.transcript.does(
            BOB.name,
            "opens it: the key the link names is the key the relay hands out",
        );
        self.stage.bob.open_conversation(ALICE.display_name).await?;
        self.stage.alice.open_conversation(BOB.display_name).await?;
        self.expect_verification(&self.stage.bob, "verified").await?;
        self.expect_verification(&self.stage.alice, "notVerified").await?;
        self.transcript
            .holds("Bob's window calls Alice verified, by her invite; Alice's calls Bob not verified yet");
        self.picture("met").await
    }

    async fn they_talk(&mut self) -> Result<(), StepError> {
        for (place, (speaker, text)) in CONVERSATION.iter().enumerate() {
            let (from, to) = match speaker {
                Speaker::Alice => (&self.stage.alice, &self.stage.bob),
                Speaker::Bob => (&self.stage.bob, &self.stage.alice),
            };
            from.send(text).await?;
            to.see_message(text).await?;
            let reached = from.see_delivery(text, Delivery::Delivered).await?;
            self.transcript.says(from.person().name, text, reached);
            if place == CONVERSATION.len() / 2 {
                self.picture("talking").await?;
            }
        }
        let messages = CONVERSATION.len();
        self.transcript.holds(format!(
            "{messages} messages, each shown on the other side and confirmed to its sender"
        ));
        self.picture("talked").await
    }

    async fn bob_is_away_for_a_while(&mut self) -> Result<(), StepError> {
        self.stage.bob.close().await?;
        self.transcript
            .does(BOB.name, "closes his window; no process of his is left");
        for text in MEANWHILE {
            self.stage.alice.send(text).await?;
            let reached = self.stage.alice.see_delivery(text, Delivery::Sent).await?;
            self.transcript.says(ALICE.name, text, reached);
        }
        let searched = Inspection::of(&self.stage)?.relay(&self.stage)?;
        self.transcript.holds(format!(
            "three envelopes wait at the relay ({searched}), and say nothing to it"
        ));
        self.picture("bob-away").await?;

        self.stage.bob.open().await?;
        self.stage.bob.open_conversation(ALICE.display_name).await?;
        self.transcript.does(BOB.name, "opens his window again");
        for text in MEANWHILE {
            self.stage.bob.see_message(text).await?;
            self.stage.alice.see_delivery(text, Delivery::Delivered).await?;
        }
        self.expect_everything_once_and_in_order().await?;
        self.transcript
            .holds("everything is there once, in the order in which it was said, in both windows");
        self.picture("bob-back").await
    }

    /// Compares what both windows show with what was said.
    async fn expect_everything_once_and_in_order(&self) -> Result<(), StepError> {
        let said: Vec<_> = everything_said().collect();
        for window in [&self.stage.alice, &self.stage.bob] {
            let shown = window.see_exactly(&said).await?;
            if shown != said {
                let received = shown.iter().filter(|text| MEANWHILE.contains(&text.as_str()));
                let received = received.collect::<HashSet<_>>().len();
                return Err(StepError::Meanwhile {
                    sent: MEANWHILE.len(),
                    received,
                });
            }
        }
        Ok(())
    }

    async fn they_compare_safety_numbers(&mut self) -> Result<(), StepError> {
        let alice_sees = self.read_safety_number(&self.stage.alice).await?;
        let bob_sees = self.read_safety_number(&self.stage.bob).await?;
        self.picture("safety-numbers").await?;
        if alice_sees != bob_sees {
            return Err(StepError::SafetyNumbersDiffer);
        }
        for blocks in alice_sees.as_bytes().chunks(20) {
            let blocks: Vec<_> = blocks.chunks(5).map(String::from_utf8_lossy).collect();
            self.transcript.does("", blocks.join("  "));
        }
        self.transcript.holds("sixty digits, the same in both windows");

        for window in [&self.stage.alice, &self.stage.bob] {
            window.mark_verified().await?;
            self.transcript
                .does(window.person().name, "marks the other one verified");
        }
        self.picture("verified").await?;
        for window in [&self.stage.alice, &self.stage.bob] {
            window.close_safety_number().await?;
            self.expect_verification(window, "verified").await?;
        }
        self.transcript.holds("both windows call the other one verified");
        Ok(())
    }

    async fn read_safety_number(&self, window: &Window) -> Result<String, StepError> {
        let number: String = window
            .safety_number()
            .await?
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        if number.len() == 60 {
            Ok(number)
        } else {
            Err(StepError::NotASafetyNumber {
                whose: window.person().name,
                digits: number.len(),
            })
        }
    }

    async fn expect_verification(&self, window: &Window, expected: &'static str) -> Result<(), StepError> {
        let found = window.verification(expected).await?;
        if found == expected {
            Ok(())
        } else {
            Err(StepError::Verification {
                whose: window.person().name,
                found,
                expected,
            })
        }
    }

    /// Ends everything that writes, and searches what it wrote.
    async fn nothing_was_left_behind(&mut self) -> Result<(), StepError> {
        self.stage.alice.close().await?;
        self.stage.bob.close().await?;
        self.stage.relay.stop();

        let inspection = Inspection::of(&self.stage)?;
        self.transcript
            .holds("both identity private keys are in the Secret Service");
        let searched = inspection.relay(&self.stage)?;
        self.transcript.holds(format!(
            "the relay's database and log ({searched}): no message, no name, no private key"
        ));
        let searched = inspection.clients(&self.stage)?;
        self.transcript.holds(format!(
            "profiles, web views and logs ({searched}): no message, no name, no private key"
        ));
        Inspection::databases(&self.stage)?;
        self.transcript
            .holds("both message databases: not SQLite to anybody without the key");
        Ok(())
    }

    /// Saves what both windows show, under the next number.
    async fn picture(&mut self, of: &str) -> Result<(), StepError> {
        self.pictures += 1;
        for window in [&self.stage.alice, &self.stage.bob] {
            if !window.is_open() {
                continue;
            }
            let name = format!("{:02}-{of}-{}.png", self.pictures, window.person().profile);
            let picture = window.screenshot().await?;
            fs::write(self.stage.results().join(name), picture).map_err(StepError::Picture)?;
        }
        Ok(())
    }

    /// After a failure: what the windows show, and their documents, beside the logs.
    async fn leave_traces(&mut self) {
        _ = self.picture("failed").await;
        for window in [&self.stage.alice, &self.stage.bob] {
            if let Ok(source) = window.source().await {
                let path = self
                    .stage
                    .results()
                    .join(format!("failed-{}.html", window.person().profile));
                _ = fs::write(path, source);
            }
        }
        for name in ["relay", ALICE.profile, BOB.profile] {
            let path = self.stage.logs().join(format!("{name}.log"));
            show_tail(&path);
        }
    }
}

/// The last lines of a log, for whoever reads only the terminal.
fn show_tail(log: &Path) {
    const LINES: usize = 15;
    if let Ok(text) = fs::read_to_string(log) {
        let lines: Vec<_> = text.lines().collect();
        eprintln!("--- the end of {}", log.display());
        for line in lines.iter().skip(lines.len().saturating_sub(LINES)) {
            eprintln!("    {line}");
        }
    }
}
