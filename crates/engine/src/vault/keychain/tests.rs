//! Against the Secret Service of the session: run these only where one may be filled, and locked, at will.
//!
//! ```text
//! dbus-run-session -- sh -c 'printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null;
//!                            SOTTO_TEST_KEYCHAIN=1 cargo nextest run -p sotto-engine keychain'
//! ```

use uuid::Uuid;

use super::*;

/// Whether this session's keychain is there to be tested with.
fn may_use_the_keychain() -> bool {
    std::env::var_os("SOTTO_TEST_KEYCHAIN").is_some_and(|value| value == "1")
}

#[test]
fn a_secret_is_written_read_replaced_and_deleted_in_the_real_keychain() {
    if !may_use_the_keychain() {
        return;
    }
    let entry = KeychainEntry::for_account(Uuid::new_v4());
    assert_eq!(SystemKeychain.status(), KeychainStatus::Available);
    assert_eq!(SystemKeychain.read(&entry).unwrap_err(), KeychainError::Missing);
    assert_eq!(SystemKeychain.delete(&entry), Err(KeychainError::Missing));

    SystemKeychain.write(&entry, b"one").unwrap();
    assert_eq!(**SystemKeychain.read(&entry).unwrap(), *b"one");
    SystemKeychain.write(&entry, b"another").unwrap();
    assert_eq!(**SystemKeychain.read(&entry).unwrap(), *b"another");

    SystemKeychain.delete(&entry).unwrap();
    assert_eq!(SystemKeychain.read(&entry).unwrap_err(), KeychainError::Missing);
}

#[test]
fn the_entries_of_alice_and_bob_are_apart_in_the_real_keychain() {
    if !may_use_the_keychain() {
        return;
    }
    let (alice, bob) = (
        KeychainEntry::for_account(Uuid::new_v4()),
        KeychainEntry::for_account(Uuid::new_v4()),
    );
    SystemKeychain.write(&alice, b"alice").unwrap();
    SystemKeychain.write(&bob, b"bob").unwrap();
    SystemKeychain.delete(&bob).unwrap();
    assert_eq!(**SystemKeychain.read(&alice).unwrap(), *b"alice");
    SystemKeychain.delete(&alice).unwrap();
}

/// Set together with the other by a run that has locked the keyring, with nobody there to unlock it.
#[test]
fn a_locked_keychain_says_so() {
    if !may_use_the_keychain() || std::env::var_os("SOTTO_TEST_KEYCHAIN_LOCKED").is_none() {
        return;
    }
    let entry = KeychainEntry::for_account(Uuid::new_v4());
    assert_eq!(SystemKeychain.status(), KeychainStatus::Locked);
    let refused = [KeychainError::Locked, KeychainError::Denied];
    assert!(refused.contains(&SystemKeychain.write(&entry, b"secret").unwrap_err()));
}

#[cfg(not(any(windows, target_vendor = "apple")))]
#[test]
fn without_a_session_bus_there_is_no_keychain() {
    if std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some() {
        return;
    }
    assert_eq!(SystemKeychain.status(), KeychainStatus::Unavailable);
    let entry = KeychainEntry::for_account(Uuid::new_v4());
    assert_eq!(
        SystemKeychain.read(&entry).unwrap_err(),
        KeychainError::Unavailable
    );
}
