//! What nobody but Alice and Bob may know, and where it is searched for.

use crate::story::cast::{ALICE, BOB, everything_said};
use crate::story::evidence::{AccountId, AccountKeys, EvidenceError, Haystack, Needle, must_be_encrypted};
use crate::story::stage::Stage;

/// The secrets of this story, collected from where they belong.
pub(crate) struct Inspection {
    plaintexts: Vec<Needle>,
    keys: Vec<Needle>,
    /// What is no secret, and shows that a search looked in the right place.
    accounts: Vec<Needle>,
}

impl Inspection {
    /// Takes both identity private keys and database keys out of the Secret Service, from outside the app; fails if they
    /// are not there.
    pub(crate) fn of(stage: &Stage) -> Result<Self, EvidenceError> {
        let said = everything_said().map(Needle::text);
        let names = [ALICE, BOB].map(|person| Needle::text(person.display_name));
        let mut inspection = Self {
            plaintexts: said.chain(names).collect(),
            keys: Vec::new(),
            accounts: Vec::new(),
        };
        for person in [ALICE, BOB] {
            let account = AccountId::of_profile(&stage.profile(person))?;
            let keys = AccountKeys::from_keychain(&stage.secret_service, &account)?;
            inspection.keys.extend(keys.needles(person.name));
            inspection
                .accounts
                .push(Needle::account(format!("{}'s account id", person.name), &account));
        }
        Ok(inspection)
    }

    /// Searches everything the relay keeps and says; answers how much that was.
    pub(crate) fn relay(&self, stage: &Stage) -> Result<String, EvidenceError> {
        self.search(&Haystack::read(&[stage.relay.data(), stage.relay.log()])?)
    }

    /// Searches the profiles, what the windows keep besides, and all logs; answers how much that was.
    pub(crate) fn clients(&self, stage: &Stage) -> Result<String, EvidenceError> {
        let (alices, bobs) = (stage.profile(ALICE), stage.profile(BOB));
        self.search(&Haystack::read(&[
            &alices,
            &bobs,
            &stage.logs(),
            stage.secret_service.folder(),
        ])?)
    }

    /// Fails unless both message databases are closed to whoever has no key.
    pub(crate) fn databases(stage: &Stage) -> Result<(), EvidenceError> {
        [ALICE, BOB]
            .into_iter()
            .try_for_each(|person| must_be_encrypted(&stage.profile(person).join("messages.db")))
    }

    fn search(&self, haystack: &Haystack) -> Result<String, EvidenceError> {
        haystack.must_hold(&self.accounts)?;
        haystack.must_not_hold(&self.plaintexts)?;
        haystack.must_not_hold(&self.keys)?;
        let (files, bytes) = haystack.size();
        Ok(format!("{files} files, {} KB", bytes / 1024))
    }
}
