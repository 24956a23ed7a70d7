//! Alice, Bob, and a network that does what a script says. After every step the world is held to this:
//!
//! - A message that can be read is read, as it was written; one that cannot is refused. Which of the two it is
//!   follows from what the reader has kept, and never from messages that were refused in between.
//! - No message is read twice, and nothing that somebody changed is read as something else.

use std::collections::{HashMap, HashSet};

use crate::fuzzing::person::{NotRead, Person};
use crate::fuzzing::script::{Event, Place, Tampering, Who, parse};
use crate::message::{CiphertextMessage, SignalMessage};
use crate::prekey::{KyberUse, Timestamp};
use crate::session::{
    ChainId, DecryptError, InvalidMessage, PreKeyDecryptError, PreKeys, SessionChanges, SkippedKeyId, StateId,
};

/// Plays the script that the bytes spell.
pub fn conversation(bytes: &[u8]) {
    let mut world = World::new();
    for event in parse(bytes) {
        world.plays(event);
    }
    for who in [Who::Alice, Who::Bob] {
        for at in 0..world.side(who).under_way.len() {
            world.delivers(who, at);
        }
    }
}

struct World {
    alice: Side,
    bob: Side,
    now: Timestamp,
    written: u32,
}

struct Side {
    person: Person,
    /// What this person wrote and has not been lost.
    under_way: Vec<Letter>,
    given_up: GivenUp,
}

struct Letter {
    message: CiphertextMessage,
    plaintext: Vec<u8>,
    /// The state it was written in.
    state: StateId,
    read: bool,
}

/// What a person can no longer read, by the changes it has stored.
#[derive(Default)]
struct GivenUp {
    chains: HashSet<ChainId>,
    keys: HashSet<SkippedKeyId>,
    /// Per state the post-quantum epoch of the message sent last: keys of two epochs before are forgotten.
    epochs: HashMap<StateId, u64>,
}

impl World {
    fn new() -> Self {
        let side = |seed| Side {
            person: Person::new(seed),
            under_way: Vec::new(),
            given_up: GivenUp::default(),
        };
        Self {
            alice: side(1),
            bob: side(2),
            now: Timestamp(1_800_000_000_000),
            written: 0,
        }
    }

    fn side(&mut self, who: Who) -> &mut Side {
        self.pair(who).0
    }

    /// The one who acts, and the other.
    fn pair(&mut self, who: Who) -> (&mut Side, &mut Side) {
        match who {
            Who::Alice => (&mut self.alice, &mut self.bob),
            Who::Bob => (&mut self.bob, &mut self.alice),
        }
    }

    fn plays(&mut self, event: Event) {
        match event {
            Event::Write { who, length } => self.writes(who, length),
            Event::Deliver { who, place, again } => {
                if let Some(at) = self.find(who, place) {
                    self.delivers(who, at);
                    if !again {
                        self.side(who).under_way.remove(at);
                    }
                }
            }
            Event::Tamper { who, place, how } => {
                if let Some(at) = self.find(who, place) {
                    self.delivers_tampered(who, at, how);
                }
            }
            Event::Lose { who, place } => {
                if let Some(at) = self.find(who, place) {
                    self.side(who).under_way.remove(at);
                }
            }
            Event::Talk { who, turns } => {
                for _ in 0..turns {
                    self.writes_and_is_read(who);
                    self.writes_and_is_read(who.other());
                }
            }
            Event::Meet { who, usage, one_time } => self.meets(who, usage, one_time),
            Event::Archive { who } => {
                let (side, other) = self.pair(who);
                side.person.archives(&other.person.address());
            }
            Event::Forget { who } => {
                let (side, other) = self.pair(who);
                side.person.store.peers.remove(&other.person.address());
            }
            Event::Restart { who } => self.side(who).person.restarts(),
            Event::Wait { days } => self.now.0 += u64::from(days) * 24 * 60 * 60 * 1000,
        }
    }

    fn find(&mut self, who: Who, place: Place) -> Option<usize> {
        usize::from(place).checked_rem(self.side(who).under_way.len())
    }

    fn meets(&mut self, who: Who, usage: KyberUse, one_time: bool) {
        let now = self.now;
        let (side, other) = self.pair(who);
        let bundle = other.person.publishes(usage, one_time, now);
        side.person
            .meets(&other.person.address(), &bundle, now)
            .expect("a true bundle");
    }

    fn writes(&mut self, who: Who, length: u8) {
        let now = self.now;
        self.written += 1;
        let mut plaintext = self.written.to_be_bytes().to_vec();
        plaintext.resize(4 + usize::from(length), length);
        let (side, other) = self.pair(who);
        let peer = other.person.address();
        if !side.person.record(&peer).can_send(now) {
            self.meets(who, KyberUse::OneTime, true);
        }
        let side = self.side(who);
        let encrypted = side.person.writes(&peer, &plaintext, now);
        let state = current_of(&encrypted.changes);
        let epoch = post_quantum_epoch(inner(&encrypted.message));
        side.given_up.epochs.insert(state, epoch);
        // What travels is bytes.
        let (kind, bytes) = (encrypted.message.type_number(), encrypted.message.as_bytes());
        side.under_way.push(Letter {
            message: CiphertextMessage::from_bytes(kind, bytes).expect("our own message"),
            plaintext,
            state,
            read: false,
        });
    }

    fn writes_and_is_read(&mut self, who: Who) {
        self.writes(who, 0);
        let newest = self.side(who).under_way.len() - 1;
        self.delivers(who, newest);
        self.side(who).under_way.pop();
    }

    fn delivers(&mut self, who: Who, at: usize) {
        let (writer, reader) = self.pair(who);
        let letter = &mut writer.under_way[at];
        let readable = reader.can_read(&writer.person, letter);
        match reader.reads(&writer.person, &letter.message) {
            Ok(plaintext) => {
                assert!(readable, "read what cannot be read");
                assert_eq!(plaintext, letter.plaintext);
                letter.read = true;
            }
            Err(why) => assert!(!readable, "refused what can be read: {why:?}"),
        }
    }

    fn delivers_tampered(&mut self, who: Who, at: usize, how: Tampering) {
        let (writer, reader) = self.pair(who);
        let letter = &mut writer.under_way[at];
        let bytes = how.apply(letter.message.as_bytes());
        let Ok(tampered) = CiphertextMessage::from_bytes(letter.message.type_number(), &bytes) else {
            return;
        };
        let readable = reader.can_read(&writer.person, letter);
        match reader.reads(&writer.person, &tampered) {
            // The outside of a prekey message is not authenticated; the message inside is.
            Ok(plaintext) => {
                assert!(readable, "read what cannot be read");
                assert_eq!(inner(&tampered).as_bytes(), inner(&letter.message).as_bytes());
                assert_eq!(plaintext, letter.plaintext);
                letter.read = true;
            }
            Err(NotRead::Plain(why)) => assert!(
                matches!(
                    why,
                    DecryptError::NoSession
                        | DecryptError::Duplicate
                        | DecryptError::Invalid(InvalidMessage::DecryptionFailed)
                ),
                "{why:?} tells what was wrong"
            ),
            Err(NotRead::PreKey(why)) => {
                assert!(!matches!(why, PreKeyDecryptError::Store(_)), "{why:?}");
            }
        }
    }
}

impl Side {
    fn reads(&mut self, writer: &Person, message: &CiphertextMessage) -> Result<Vec<u8>, NotRead> {
        let decrypted = self.person.reads(&writer.address(), message)?;
        self.given_up.chains.extend(&decrypted.changes.chains_dropped);
        self.given_up.keys.extend(&decrypted.changes.skipped_evicted);
        Ok(decrypted.plaintext.to_vec())
    }

    /// Whether what this person has kept is enough to read a letter.
    fn can_read(&self, writer: &Person, letter: &Letter) -> bool {
        if letter.read {
            return false;
        }
        let record = self.person.record(&writer.address());
        if !record.rows().any(|row| row.state.id() == letter.state) {
            return self.can_accept(&letter.message);
        }
        let message = inner(&letter.message);
        let chain = ChainId {
            state: letter.state,
            ratchet_key: *message.ratchet_key(),
        };
        let key = SkippedKeyId {
            chain,
            counter: message.counter(),
        };
        let sent = self.given_up.epochs.get(&letter.state).copied().unwrap_or(0);
        let forgotten = post_quantum_epoch(message) + 1 < sent;
        !forgotten && !self.given_up.chains.contains(&chain) && !self.given_up.keys.contains(&key)
    }

    /// Whether the prekeys are there that a session needs whose state is not.
    fn can_accept(&self, message: &CiphertextMessage) -> bool {
        let CiphertextMessage::PreKeySignal(message) = message else {
            return false;
        };
        let prekeys = &self.person.store.prekeys;
        let Some(kyber) = message.kyber().map(|kyber| kyber.id) else {
            return false;
        };
        let Ok(used) = prekeys.was_base_key_used(kyber, message.signed(), message.base_key());
        let has_one_time = |id| prekeys.one_time.contains_key(&id);
        !used && prekeys.kyber.contains_key(&kyber) && message.one_time().is_none_or(has_one_time)
    }
}

impl Who {
    const fn other(self) -> Self {
        match self {
            Self::Alice => Self::Bob,
            Self::Bob => Self::Alice,
        }
    }
}

impl Tampering {
    fn apply(self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        match self {
            Self::Flip { at, mask } => {
                let at = usize::from(at) % bytes.len();
                bytes[at] ^= mask;
            }
            Self::Truncate { to } => bytes.truncate(usize::from(to) % bytes.len()),
            Self::Extend { by } => bytes.resize(bytes.len() + usize::from(by), by),
        }
        bytes
    }
}

/// The message itself, without what starts the session.
fn inner(message: &CiphertextMessage) -> &SignalMessage {
    match message {
        CiphertextMessage::Signal(message) => message,
        CiphertextMessage::PreKeySignal(message) => message.message(),
    }
}

fn current_of(changes: &SessionChanges) -> StateId {
    changes.put.last().expect("a current state").state.id()
}

/// The epoch in field 5 (`spqr.md` 7): a varint behind the version byte.
fn post_quantum_epoch(message: &SignalMessage) -> u64 {
    let mut epoch = 0;
    for (place, byte) in message.post_quantum().iter().skip(1).enumerate() {
        epoch |= u64::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
    }
    epoch
}
