//! The vault, told as stories.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::document::{Document, ReadError};
use super::passphrase::{KdfCost, PassphraseSlot};
use super::recovery::RecoverySlot;
use super::sealing::Sealed;
use super::*;

const GOOD: &str = "correct horse battery staple";

fn typed(passphrase: &str) -> Passphrase {
    Passphrase::new(passphrase.to_owned())
}

fn chosen(passphrase: &str) -> ChosenPassphrase {
    typed(passphrase).choose().ok().unwrap()
}

fn secrets() -> AccountSecrets {
    AccountSecrets {
        identity: IdentitySecret::from_bytes([0x1d; 32]),
        database: DatabaseKey::from_bytes([0xdb; 32]),
    }
}

fn are_alices(secrets: &AccountSecrets) -> bool {
    secrets.identity.expose_secret() == &[0x1d; 32] && secrets.database.expose_secret() == &[0xdb; 32]
}

/// A keychain that a test can break. (The testkit's is made of this crate and so cannot be used in it.)
#[derive(Default)]
struct Drawer {
    broken: Mutex<Option<KeychainError>>,
    entries: Mutex<HashMap<KeychainEntry, Vec<u8>>>,
}

impl Drawer {
    fn break_with(&self, error: KeychainError) {
        *self.broken.lock().unwrap() = Some(error);
    }

    fn works(&self) -> Result<(), KeychainError> {
        self.broken.lock().unwrap().map_or(Ok(()), Err)
    }
}

impl Keychain for Drawer {
    fn name(&self) -> &'static str {
        "Drawer"
    }

    fn status(&self) -> KeychainStatus {
        KeychainStatus::Available
    }

    fn read(&self, entry: &KeychainEntry) -> Result<Zeroizing<Vec<u8>>, KeychainError> {
        self.works()?;
        self.entries
            .lock()
            .unwrap()
            .get(entry)
            .cloned()
            .map(Zeroizing::new)
            .ok_or(KeychainError::Missing)
    }

    fn write(&self, entry: &KeychainEntry, secret: &[u8]) -> Result<(), KeychainError> {
        self.works()?;
        self.entries
            .lock()
            .unwrap()
            .insert(entry.clone(), secret.to_vec());
        Ok(())
    }

    fn delete(&self, entry: &KeychainEntry) -> Result<(), KeychainError> {
        self.works()?;
        self.entries
            .lock()
            .unwrap()
            .remove(entry)
            .map(drop)
            .ok_or(KeychainError::Missing)
    }
}

/// A folder and a keychain of Alice's.
struct Home {
    folder: tempfile::TempDir,
    drawer: Arc<Drawer>,
    alice: Uuid,
}

impl Home {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            drawer: Arc::default(),
            alice: Uuid::new_v4(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("vault.json")
    }

    async fn create(&self, slots: NewSlots) -> Result<Vault, CreateVaultError> {
        Vault::create(self.file(), self.drawer.clone(), self.alice, &secrets(), slots).await
    }

    fn load(&self) -> Result<Vault, LoadVaultError> {
        Vault::load(self.file(), self.drawer.clone())
    }

    /// Changes the vault file the way somebody with an editor would.
    fn tamper(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let mut json = serde_json::from_slice(&std::fs::read(self.file()).unwrap()).unwrap();
        change(&mut json);
        std::fs::write(self.file(), serde_json::to_vec(&json).unwrap()).unwrap();
    }
}

#[tokio::test]
async fn alice_gets_her_secrets_back_from_either_slot() {
    let home = Home::new();
    home.create(NewSlots::KeychainAndPassphrase(chosen(GOOD)))
        .await
        .unwrap();
    let vault = home.load().unwrap();
    assert_eq!(vault.account(), home.alice);
    assert_eq!(vault.slots(), [SlotKind::Keychain, SlotKind::Passphrase]);
    assert!(are_alices(&vault.open_with_keychain().await.unwrap()));
    assert!(are_alices(
        &vault.open_with_passphrase(typed(GOOD)).await.unwrap()
    ));
}

#[tokio::test]
async fn the_vault_file_holds_neither_key_nor_the_recovery_code() {
    let home = Home::new();
    let mut vault = home
        .create(NewSlots::KeychainAndPassphrase(chosen(GOOD)))
        .await
        .unwrap();
    let code = RecoveryCode::generate().unwrap();
    vault.set_recovery_slot(&secrets(), &code).await.unwrap();
    let file = std::fs::read(home.file()).unwrap();
    for group in code.groups() {
        assert!(!String::from_utf8_lossy(&file).contains(group.as_str()));
    }
    for key in [[0x1d; 32], [0xdb; 32]] {
        use base64::Engine as _;
        let as_text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&key[..30]);
        assert!(!file.windows(32).any(|window| window == key));
        assert!(!String::from_utf8_lossy(&file).contains(&as_text));
        assert!(!String::from_utf8_lossy(&file).contains(&hex::encode(key)));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_alice_may_read_the_vault_file() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.create(NewSlots::Keychain).await.unwrap();
    assert_eq!(
        std::fs::metadata(home.file()).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let left: Vec<_> = std::fs::read_dir(home.folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(
        left,
        ["vault.json"],
        "the temporary file has taken the place of the old one"
    );
}

#[tokio::test]
async fn a_second_vault_never_replaces_the_first() {
    let home = Home::new();
    home.create(NewSlots::Keychain).await.unwrap();
    let secrets = secrets();
    let second = Vault::create(
        home.file(),
        home.drawer.clone(),
        Uuid::new_v4(),
        &secrets,
        NewSlots::Keychain,
    );
    assert!(matches!(second.await, Err(CreateVaultError::AlreadyExists)));
    assert!(are_alices(
        &home.load().unwrap().open_with_keychain().await.unwrap()
    ));
}

#[tokio::test]
async fn without_a_keychain_no_vault_is_made_and_nothing_is_left_behind() {
    let home = Home::new();
    home.drawer.break_with(KeychainError::Unavailable);
    let refused = home.create(NewSlots::Keychain).await;
    assert!(matches!(
        refused,
        Err(CreateVaultError::Keychain(KeychainError::Unavailable))
    ));
    assert!(!home.file().exists());
    // The passphrase is what is offered instead.
    home.create(NewSlots::Passphrase(chosen(GOOD))).await.unwrap();
}

#[tokio::test]
async fn a_vault_file_that_cannot_be_written_leaves_no_entry_in_the_keychain() {
    let home = Home::new();
    let nowhere = home.folder.path().join("not there").join("vault.json");
    let refused = Vault::create(
        nowhere,
        home.drawer.clone(),
        home.alice,
        &secrets(),
        NewSlots::Keychain,
    )
    .await;
    assert!(matches!(refused, Err(CreateVaultError::Io(_))));
    assert!(home.drawer.entries.lock().unwrap().is_empty());
}

#[tokio::test]
async fn each_way_a_keychain_can_fail_is_told_apart() {
    let home = Home::new();
    home.create(NewSlots::Keychain).await.unwrap();
    let vault = home.load().unwrap();
    for error in [
        KeychainError::Unavailable,
        KeychainError::Locked,
        KeychainError::Denied,
        KeychainError::Other,
    ] {
        home.drawer.break_with(error);
        let refused = vault.open_with_keychain().await.err().unwrap();
        assert_eq!(refused, OpenKeychainSlotError::Keychain(error));
    }
    *home.drawer.broken.lock().unwrap() = None;
    home.drawer.entries.lock().unwrap().clear();
    let refused = vault.open_with_keychain().await.err().unwrap();
    assert_eq!(refused, OpenKeychainSlotError::Keychain(KeychainError::Missing));
}

#[tokio::test]
async fn a_vanished_keychain_does_not_lock_out_who_has_a_passphrase() {
    let home = Home::new();
    home.create(NewSlots::KeychainAndPassphrase(chosen(GOOD)))
        .await
        .unwrap();
    home.drawer.entries.lock().unwrap().clear();
    let mut vault = home.load().unwrap();
    assert!(vault.open_with_keychain().await.is_err());
    let secrets = vault.open_with_passphrase(typed(GOOD)).await.unwrap();
    vault.set_keychain_slot(&secrets).await.unwrap();
    assert_eq!(vault.slots(), [SlotKind::Keychain, SlotKind::Passphrase]);
    assert!(are_alices(&vault.open_with_keychain().await.unwrap()));
}

#[tokio::test]
async fn an_entry_that_is_not_alices_secrets_is_not_taken_for_them() {
    let home = Home::new();
    home.create(NewSlots::Keychain).await.unwrap();
    let entry = KeychainEntry::for_account(home.alice);
    // Bob's, well-formed.
    let bobs = home.drawer.clone();
    let bob = Uuid::new_v4();
    let folder = tempfile::tempdir().unwrap();
    Vault::create(
        folder.path().join("vault.json"),
        bobs,
        bob,
        &secrets(),
        NewSlots::Keychain,
    )
    .await
    .unwrap();
    let of_bob = home.drawer.read(&KeychainEntry::for_account(bob)).unwrap();
    for planted in [&of_bob[..], b"", b"not base64!", b"AAAA"] {
        home.drawer.write(&entry, planted).unwrap();
        let refused = home.load().unwrap().open_with_keychain().await.err().unwrap();
        assert_eq!(refused, OpenKeychainSlotError::Malformed);
    }
}

#[tokio::test]
async fn a_wrong_passphrase_and_a_tampered_vault_are_one_and_the_same_error() {
    let home = Home::new();
    home.create(NewSlots::Passphrase(chosen(GOOD))).await.unwrap();
    let original = std::fs::read(home.file()).unwrap();
    let wrong = home
        .load()
        .unwrap()
        .open_with_passphrase(typed("correct horse battery stable"))
        .await;
    assert_eq!(wrong.err(), Some(OpenPassphraseSlotError::NotOpened));

    let flip = |json: &mut serde_json::Value, field: &str| {
        let text = json["slots"][0][field].as_str().unwrap();
        let other = if text.starts_with('A') { "B" } else { "A" };
        let flipped = format!("{other}{}", text.chars().skip(1).collect::<String>());
        json["slots"][0][field] = flipped.into();
    };
    let tampered: [&dyn Fn(&mut serde_json::Value); 6] = [
        &|json| flip(json, "sealed"),
        &|json| flip(json, "nonce"),
        &|json| flip(json, "salt"),
        &|json| json["slots"][0]["argon2id"]["passes"] = 2.into(),
        &|json| json["slots"][0]["argon2id"]["memory_kib"] = 8192.into(),
        // Alice's slot under another account's name.
        &|json| json["account"] = Uuid::new_v4().to_string().into(),
    ];
    for tamper in tampered {
        std::fs::write(home.file(), &original).unwrap();
        home.tamper(tamper);
        let refused = home.load().unwrap().open_with_passphrase(typed(GOOD)).await;
        assert_eq!(refused.err(), Some(OpenPassphraseSlotError::NotOpened));
    }
}

#[tokio::test]
async fn a_vault_file_cannot_ask_for_all_of_the_memory() {
    let home = Home::new();
    home.create(NewSlots::Passphrase(chosen(GOOD))).await.unwrap();
    let original = std::fs::read(home.file()).unwrap();
    for (field, value) in [
        ("memory_kib", u32::MAX),
        ("memory_kib", 512 * 1024 + 1),
        ("memory_kib", 0),
        ("passes", 17),
        ("lanes", 5),
    ] {
        std::fs::write(home.file(), &original).unwrap();
        home.tamper(|json| json["slots"][0]["argon2id"][field] = value.into());
        assert!(
            matches!(home.load(), Err(LoadVaultError::Malformed)),
            "{field} {value}"
        );
    }
}

#[tokio::test]
async fn a_vault_from_a_newer_version_is_refused_as_such() {
    let home = Home::new();
    home.create(NewSlots::Keychain).await.unwrap();
    home.tamper(|json| {
        json["version"] = 7.into();
        json["holograms"] = true.into();
    });
    assert!(matches!(home.load(), Err(LoadVaultError::TooNew { found: 7 })));
}

#[test]
fn no_vault_is_not_a_damaged_vault() {
    let home = Home::new();
    assert!(matches!(home.load(), Err(LoadVaultError::Missing)));
    std::fs::write(home.file(), b"").unwrap();
    assert!(matches!(home.load(), Err(LoadVaultError::Malformed)));
    std::fs::write(home.file(), vec![b' '; 100_000]).unwrap();
    assert!(matches!(home.load(), Err(LoadVaultError::Malformed)));
}

#[tokio::test]
async fn the_last_slot_cannot_be_removed() {
    let home = Home::new();
    let mut vault = home.create(NewSlots::Keychain).await.unwrap();
    assert!(matches!(
        vault.remove_slot(SlotKind::Passphrase).await,
        Err(RemoveSlotError::NoSuchSlot)
    ));
    assert!(matches!(
        vault.remove_slot(SlotKind::Keychain).await,
        Err(RemoveSlotError::LastSlot)
    ));

    let secrets = vault.open_with_keychain().await.unwrap();
    vault.set_passphrase_slot(&secrets, chosen(GOOD)).await.unwrap();

    vault.remove_slot(SlotKind::Keychain).await.unwrap();
    assert!(home.drawer.entries.lock().unwrap().is_empty());
    assert!(matches!(
        vault.remove_slot(SlotKind::Passphrase).await,
        Err(RemoveSlotError::LastSlot)
    ));
    let vault = home.load().unwrap();
    assert_eq!(vault.slots(), [SlotKind::Passphrase]);
    assert!(are_alices(
        &vault.open_with_passphrase(typed(GOOD)).await.unwrap()
    ));
}

#[tokio::test]
async fn alice_moves_from_a_passphrase_to_the_keychain() {
    let home = Home::new();
    let mut vault = home.create(NewSlots::Passphrase(chosen(GOOD))).await.unwrap();
    let secrets = vault.open_with_passphrase(typed(GOOD)).await.unwrap();
    home.drawer.break_with(KeychainError::Locked);
    let refused = vault.set_keychain_slot(&secrets).await;
    assert!(matches!(
        refused,
        Err(FillSlotError::Keychain(KeychainError::Locked))
    ));
    assert_eq!(home.load().unwrap().slots(), [SlotKind::Passphrase]);

    *home.drawer.broken.lock().unwrap() = None;
    vault.set_keychain_slot(&secrets).await.unwrap();
    vault.remove_slot(SlotKind::Passphrase).await.unwrap();
    assert!(are_alices(
        &home.load().unwrap().open_with_keychain().await.unwrap()
    ));
}

#[tokio::test]
async fn after_a_change_the_old_passphrase_opens_nothing() {
    let home = Home::new();
    let mut vault = home.create(NewSlots::Passphrase(chosen(GOOD))).await.unwrap();
    let another = "four other random words";
    vault
        .set_passphrase_slot(&secrets(), chosen(another))
        .await
        .unwrap();
    let vault = home.load().unwrap();
    let old = vault.open_with_passphrase(typed(GOOD)).await.err();
    assert_eq!(old, Some(OpenPassphraseSlotError::NotOpened));
    assert!(are_alices(
        &vault.open_with_passphrase(typed(another)).await.unwrap()
    ));
}

#[tokio::test]
async fn a_vault_of_the_first_version_opens_and_keeps_its_form_until_it_has_a_recovery_code() {
    let home = Home::new();
    home.create(NewSlots::Passphrase(chosen(GOOD))).await.unwrap();
    let version = || {
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(home.file()).unwrap()).unwrap();
        json["version"].as_u64().unwrap()
    };
    assert_eq!(version(), 1);
    let mut vault = home.load().unwrap();
    let code = RecoveryCode::generate().unwrap();
    vault.set_recovery_slot(&secrets(), &code).await.unwrap();
    assert_eq!(version(), 2);
    vault.remove_slot(SlotKind::RecoveryCode).await.unwrap();
    assert_eq!(version(), 1);
    assert!(are_alices(
        &home
            .load()
            .unwrap()
            .open_with_passphrase(typed(GOOD))
            .await
            .unwrap()
    ));

    vault.set_recovery_slot(&secrets(), &code).await.unwrap();
    home.tamper(|json| json["version"] = 1.into());
    assert!(matches!(home.load(), Err(LoadVaultError::Malformed)));
}

#[tokio::test]
async fn alice_who_lost_everything_else_comes_in_by_the_code_she_wrote_down() {
    let home = Home::new();
    let mut vault = home
        .create(NewSlots::KeychainAndPassphrase(chosen(GOOD)))
        .await
        .unwrap();
    let code = RecoveryCode::generate().unwrap();
    let refused = vault.open_with_recovery_code(&code).err();
    assert_eq!(refused, Some(OpenRecoverySlotError::NoSuchSlot));
    vault.set_recovery_slot(&secrets(), &code).await.unwrap();
    home.drawer.break_with(KeychainError::Unavailable);

    let paper = code.groups().into_iter().map(|group| group.to_lowercase());
    let paper = paper.collect::<Vec<_>>().join(" ");
    let read = RecoveryCode::parse(&paper).unwrap();
    let mut vault = home.load().unwrap();
    assert_eq!(
        vault.slots(),
        [SlotKind::Keychain, SlotKind::Passphrase, SlotKind::RecoveryCode]
    );
    let secrets = vault.open_with(Proof::RecoveryCode(read)).await.unwrap();
    assert!(are_alices(&secrets));

    let another = "four other random words";
    vault
        .set_passphrase_slot(&secrets, chosen(another))
        .await
        .unwrap();
    let by_passphrase = Proof::Passphrase(typed(another));
    assert!(are_alices(&vault.open_with(by_passphrase).await.unwrap()));
}

#[tokio::test]
async fn a_new_recovery_code_retires_the_old_one() {
    let home = Home::new();
    let mut vault = home.create(NewSlots::Keychain).await.unwrap();
    let (old, new) = (
        RecoveryCode::generate().unwrap(),
        RecoveryCode::generate().unwrap(),
    );
    vault.set_recovery_slot(&secrets(), &old).await.unwrap();
    vault.set_recovery_slot(&secrets(), &new).await.unwrap();
    let vault = home.load().unwrap();
    assert_eq!(
        vault.open_with_recovery_code(&old).err(),
        Some(OpenRecoverySlotError::NotOpened)
    );
    assert!(are_alices(&vault.open_with_recovery_code(&new).unwrap()));
}

#[tokio::test]
async fn a_recovery_slot_that_was_tampered_with_or_is_another_accounts_does_not_open() {
    let home = Home::new();
    let mut vault = home.create(NewSlots::Keychain).await.unwrap();
    let code = RecoveryCode::generate().unwrap();
    vault.set_recovery_slot(&secrets(), &code).await.unwrap();
    let original = std::fs::read(home.file()).unwrap();
    for field in ["sealed", "nonce", "salt", "account"] {
        std::fs::write(home.file(), &original).unwrap();
        home.tamper(|json| {
            if field == "account" {
                json["account"] = Uuid::new_v4().to_string().into();
                return;
            }
            let text = json["slots"][1][field].as_str().unwrap();
            let other = if text.starts_with('A') { "B" } else { "A" };
            json["slots"][1][field] = format!("{other}{}", text.chars().skip(1).collect::<String>()).into();
        });
        let refused = home.load().unwrap().open_with_recovery_code(&code).err();
        assert_eq!(refused, Some(OpenRecoverySlotError::NotOpened), "{field}");
    }
}

#[tokio::test]
async fn a_recovery_code_alone_is_no_way_in_for_every_day() {
    let home = Home::new();
    let mut vault = home.create(NewSlots::Passphrase(chosen(GOOD))).await.unwrap();
    let code = RecoveryCode::generate().unwrap();
    vault.set_recovery_slot(&secrets(), &code).await.unwrap();
    assert!(matches!(
        vault.remove_slot(SlotKind::Passphrase).await,
        Err(RemoveSlotError::LastSlot)
    ));
    vault.set_keychain_slot(&secrets()).await.unwrap();
    vault.remove_slot(SlotKind::Passphrase).await.unwrap();
    assert!(matches!(
        vault.remove_slot(SlotKind::Keychain).await,
        Err(RemoveSlotError::LastSlot)
    ));
    assert_eq!(
        home.load().unwrap().slots(),
        [SlotKind::Keychain, SlotKind::RecoveryCode]
    );
}

#[test]
fn secrets_are_told_apart_by_either_key() {
    let other = |identity, database| AccountSecrets {
        identity: IdentitySecret::from_bytes([identity; 32]),
        database: DatabaseKey::from_bytes([database; 32]),
    };
    assert!(secrets().are(&other(0x1d, 0xdb)));
    assert!(!secrets().are(&other(0x1e, 0xdb)));
    assert!(!secrets().are(&other(0x1d, 0xdc)));
}

#[test]
fn a_short_or_monotonous_passphrase_is_not_chosen() {
    for weak in [
        "",
        "hunter2!",
        "elevenchars",
        "aaaaaaaaaaaaaaaaaaaa",
        &"long".repeat(300),
    ] {
        assert!(typed(weak).choose().is_err(), "{weak}");
    }
    // Characters count, not bytes.
    assert!(typed("äöüäöüäöüäö").choose().is_err());
    assert!(typed("äöüäöüäöüäöü").choose().is_ok());
}

#[test]
fn two_slots_of_one_passphrase_have_nothing_in_common() {
    let cost = KdfCost::parse(8 * 1024, 1, 1).unwrap();
    let seal = || PassphraseSlot::seal(Uuid::nil(), &secrets(), &chosen(GOOD), cost).unwrap();
    let (one, other) = (seal(), seal());
    assert_ne!(one.salt, other.salt);
    assert_ne!(one.sealed.nonce, other.sealed.nonce);
    assert_ne!(one.sealed.bytes, other.sealed.bytes);
}

fn as_written(document: &Document) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.json");
    document.write(&path).unwrap();
    assert_eq!(&Document::read(&path).unwrap(), document);
    std::fs::read_to_string(&path).unwrap()
}

#[test]
fn the_form_on_disk_stays_what_it_is() {
    let sealed = Sealed {
        nonce: [2; 12],
        bytes: vec![3; 97],
    };
    let document = Document {
        account: Uuid::from_u128(5),
        keychain: true,
        passphrase: Some(PassphraseSlot {
            cost: KdfCost::CHOSEN,
            salt: [1; 16],
            sealed: sealed.clone(),
        }),
        recovery_code: None,
    };
    insta::assert_snapshot!(as_written(&document));
    let with_a_code = Document {
        recovery_code: Some(RecoverySlot {
            salt: [4; 16],
            sealed,
        }),
        ..document
    };
    insta::assert_snapshot!("the_form_on_disk_with_a_recovery_code", as_written(&with_a_code));
}

proptest! {
    #[test]
    fn any_bytes_in_place_of_a_vault_file_are_refused_in_peace(bytes: Vec<u8>) {
        let refused = matches!(Document::parse(&bytes), Err(ReadError::Malformed | ReadError::TooNew { .. }));
        prop_assert!(refused);
    }

    #[test]
    fn a_vault_file_with_any_part_replaced_never_panics(at in 0_usize..700, put: Vec<u8>) {
        let whole = br#"{"version":1,"account":"00000000-0000-0000-0000-000000000005","slots":[{"kind":"keychain"},
            {"kind":"passphrase","argon2id":{"memory_kib":131072,"passes":3,"lanes":1},"salt":"AQEBAQEBAQEBAQEBAQEBAQ==",
            "nonce":"AgICAgICAgICAgIC","sealed":"AwMD"}]}"#;
        prop_assert!(Document::parse(whole).is_ok());
        let at = at.min(whole.len());
        let mut bytes = whole[..at].to_vec();
        bytes.extend_from_slice(&put);
        bytes.extend(whole.iter().skip(at + put.len()));
        if let Ok(document) = Document::parse(&bytes) {
            prop_assert!(document.opens_every_day());
        }
    }
}
