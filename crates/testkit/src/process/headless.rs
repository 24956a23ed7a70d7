//! Somebody as a process.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::{Call, Program, Reply};
use crate::TIMEOUT;
use crate::eventually::{Look, eventually};

/// What opens everybody's account.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// Somebody as a process of their own: killed by the story, or by themselves at a checkpoint.
pub struct Headless {
    name: &'static str,
    folder: PathBuf,
    process: Child,
    calls: ChildStdin,
    replies: Lines<BufReader<ChildStdout>>,
}

/// The process ended before it answered.
#[derive(Debug, Clone, Copy)]
pub struct Died;

impl Headless {
    /// Starts somebody who has no account yet, and makes one.
    pub async fn create(name: &'static str, folder: &Path, relay: &str) -> Self {
        let mut person = Self::start(name, folder, None);
        let (relay, passphrase) = (relay.to_owned(), PASSPHRASE.to_owned());
        person
            .does(Call::Create {
                relay,
                name: name.to_owned(),
                passphrase,
            })
            .await;
        person
    }

    /// Starts somebody who has an account. With `die_at`, such as `received-committed` or `sent-committed:3`, they die
    /// when they reach that checkpoint, for the third time in this example.
    pub async fn open(name: &'static str, folder: &Path, die_at: Option<&str>) -> Self {
        let mut person = Self::start(name, folder, die_at);
        person
            .does(Call::Open {
                passphrase: PASSPHRASE.to_owned(),
            })
            .await;
        person
    }

    /// The same as [`Headless::open`], for somebody who may die so soon that they do not answer.
    pub async fn open_if_they_live(name: &'static str, folder: &Path, die_at: Option<&str>) -> Self {
        let mut person = Self::start(name, folder, die_at);
        let _ = person
            .try_call(&Call::Open {
                passphrase: PASSPHRASE.to_owned(),
            })
            .await;
        person
    }

    fn start(name: &'static str, folder: &Path, die_at: Option<&str>) -> Self {
        let mut command = Command::new(Program::Headless.path());
        command.arg("--data").arg(folder);
        if let Some(checkpoint) = die_at {
            command.args(["--die-at", checkpoint]);
        }
        Self::run(name, folder, command)
    }

    /// Runs a command line that ends in `sotto-headless`, such as one that limits what it may write.
    pub fn run(name: &'static str, folder: &Path, mut command: Command) -> Self {
        let command = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let calls = process.stdin.take().expect("piped above");
        let replies = BufReader::new(process.stdout.take().expect("piped above")).lines();
        Self {
            name,
            folder: folder.to_owned(),
            process,
            calls,
            replies,
        }
    }

    /// Where their data is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The process.
    pub fn process_id(&self) -> u32 {
        self.process.id().expect("a process that has not been waited for")
    }

    /// Asks, and waits for the answer, whatever it is.
    pub async fn try_call(&mut self, call: &Call) -> Result<Reply, Died> {
        let mut line = serde_json::to_vec(call).expect("a call is JSON");
        line.push(b'\n');
        self.calls.write_all(&line).await.map_err(|_| Died)?;
        let reply = tokio::time::timeout(TIMEOUT, self.replies.next_line()).await;
        let reply = reply.unwrap_or_else(|_| panic!("{} does not answer {call:?}", self.name));
        let reply = reply.map_err(|_| Died)?.ok_or(Died)?;
        serde_json::from_str(&reply).map_err(|_| Died)
    }

    /// Asks, and waits for an answer that is not a failure.
    pub async fn call(&mut self, call: Call) -> Reply {
        match self.try_call(&call).await {
            Ok(Reply::Failed(why)) => panic!("{} cannot {call:?}: {why}", self.name),
            Ok(reply) => reply,
            Err(Died) => panic!("{} died of {call:?}", self.name),
        }
    }

    async fn does(&mut self, call: Call) {
        let reply = self.call(call).await;
        assert_eq!(reply, Reply::Done, "{}", self.name);
    }

    async fn texts(&mut self, call: Call) -> Vec<String> {
        match self.call(call).await {
            Reply::Texts(texts) => texts,
            other => panic!("{} answers {other:?}", self.name),
        }
    }

    /// Makes an invite, and hands over the link.
    pub async fn invites(&mut self) -> String {
        match self.call(Call::Invite).await {
            Reply::Link(link) => link,
            other => panic!("{} answers {other:?}", self.name),
        }
    }

    /// Opens an invite.
    pub async fn accepts(&mut self, link: &str) {
        self.does(Call::Accept {
            link: link.to_owned(),
        })
        .await;
    }

    /// Waits until they know somebody of this name.
    pub async fn knows(&mut self, name: &str) {
        let who = self.name;
        eventually(format_args!("{who} knows {name}"), async || {
            let contacts = self.texts(Call::Contacts).await;
            Look::when(
                contacts.iter().any(|contact| contact == name),
                (),
                format_args!("{contacts:?}"),
            )
        })
        .await;
    }

    /// Writes to a contact.
    pub async fn says(&mut self, to: &str, text: &str) {
        let (to, text) = (to.to_owned(), text.to_owned());
        match self.call(Call::Say { to, text }).await {
            Reply::Stored { .. } => {}
            other => panic!("{} answers {other:?}", self.name),
        }
    }

    /// Writes to a contact, or dies.
    pub async fn says_or_dies(&mut self, to: &str, text: &str) -> Result<Reply, Died> {
        self.try_call(&Call::Say {
            to: to.to_owned(),
            text: text.to_owned(),
        })
        .await
    }

    /// Blocks a contact, or dies.
    pub async fn blocks_or_dies(&mut self, who: &str) -> Result<Reply, Died> {
        self.try_call(&Call::Block { who: who.to_owned() }).await
    }

    /// What a contact wrote, the oldest first.
    pub async fn heard(&mut self, from: &str) -> Vec<String> {
        self.texts(Call::Heard {
            from: from.to_owned(),
        })
        .await
    }

    /// What they wrote to a contact, the oldest first.
    pub async fn said(&mut self, to: &str) -> Vec<String> {
        self.texts(Call::Said { to: to.to_owned() }).await
    }

    /// Waits until a contact's device has `count` of what they wrote.
    pub async fn has_delivered(&mut self, to: &str, count: usize) {
        let name = self.name;
        eventually(format_args!("{name} has delivered {count} to {to}"), async || {
            let delivered = self.texts(Call::Delivered { to: to.to_owned() }).await;
            Look::when(delivered.len() == count, (), format_args!("{delivered:?}"))
        })
        .await;
    }

    /// Waits until all that a contact ever wrote here is `expected`, in this order and each once.
    pub async fn hears(&mut self, from: &str, expected: &[impl AsRef<str>]) {
        let expected: Vec<&str> = expected.iter().map(AsRef::as_ref).collect();
        let name = self.name;
        eventually(format_args!("{name} hears {from} say {expected:?}"), async || {
            let heard = self.heard(from).await;
            let as_said = heard.len() <= expected.len() && heard.iter().zip(&expected).all(|(a, b)| a == b);
            assert!(
                as_said,
                "{name} heard {from} say {heard:?}, which was not {expected:?}"
            );
            Look::when(heard.len() == expected.len(), (), format_args!("{heard:?}"))
        })
        .await;
    }

    /// Quits in good order.
    pub async fn leaves(mut self) {
        self.does(Call::Leave).await;
        let status = self.ended().await;
        assert!(status.success(), "{} left with {status}", self.name);
    }

    /// Whether the process has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }

    /// Ends the process between two instructions (SIGKILL).
    pub async fn is_killed(mut self) {
        self.process.start_kill().expect("a process of ours");
        self.ended().await;
    }

    /// Waits until they have died at the checkpoint they were told to die at.
    pub async fn dies(mut self) {
        let status = self.ended().await;
        assert!(
            !status.success(),
            "{} was to die, and left in good order",
            self.name
        );
    }

    async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(TIMEOUT, self.process.wait()).await;
        ended
            .unwrap_or_else(|_| panic!("{} lives on", self.name))
            .expect("a process of ours")
    }
}
