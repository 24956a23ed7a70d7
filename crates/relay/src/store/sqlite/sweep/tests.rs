use sotto_wire::open::Envelope;
use sotto_wire::{AccountId, ClientMessageId, DeviceId, Payload};

use super::*;
use crate::clock::now_ms;
use crate::config::Limits;
use crate::mailbox::{MailboxAddress, Sequence, StoredEnvelope};
use crate::store::{Admission, Delivery, Registration};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

async fn store_with_alice(folder: &tempfile::TempDir) -> (Sqlite, MailboxAddress) {
    let lock = std::fs::File::create(folder.path().join("lock")).unwrap();
    let store = Sqlite::open(&folder.path().join("relay.db"), Limits::default(), lock).unwrap();
    let address = MailboxAddress {
        account: AccountId::random(),
        device: DeviceId::FIRST,
    };
    let alice = Registration {
        address,
        identity_key: [5; 33].into(),
        registration_id: 1,
        user_name: None,
        if_new: crate::store::IfNew::Allowed,
    };
    store.register(alice).await.await.unwrap();
    (store, address)
}

/// In few groups, since each waits for the disk.
async fn deliver(store: &Sqlite, address: MailboxAddress, ids: &[ClientMessageId]) {
    let mut pending = Vec::new();
    for id in ids {
        let payload = Payload::new(b"hello".to_vec()).unwrap();
        let delivery = Delivery {
            address,
            admission: Admission::LookUp,
            envelopes: vec![Envelope {
                client_message_id: *id,
                payload,
            }],
        };
        pending.push(store.deliver(delivery, |_| ()).await);
    }
    for delivery in pending {
        delivery.await.unwrap();
    }
}

async fn waiting(store: &Sqlite, address: MailboxAddress) -> Vec<StoredEnvelope> {
    let owner = store.owner(address).await.unwrap().unwrap();
    store
        .waiting(owner.mailbox, Sequence::START, 10_000, usize::MAX)
        .await
        .unwrap()
        .envelopes
}

#[tokio::test]
async fn an_envelope_nobody_fetches_is_gone_after_thirty_days_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let (store, alice) = store_with_alice(&folder).await;
    deliver(&store, alice, &[ClientMessageId::random()]).await;
    store.sweep_at(now_ms() + 30 * DAY_MS - 60_000).await.unwrap();
    assert_eq!(waiting(&store, alice).await.len(), 1);
    store.sweep_at(now_ms() + 30 * DAY_MS + 1).await.unwrap();
    assert_eq!(waiting(&store, alice).await.len(), 0);
}

#[tokio::test]
async fn a_client_message_id_is_remembered_longer_than_its_envelope() {
    let folder = tempfile::tempdir().unwrap();
    let (store, alice) = store_with_alice(&folder).await;
    // More than a slice, so that the walk has steps.
    let ids: Vec<ClientMessageId> = (0..SLICE + 10).map(|_| ClientMessageId::random()).collect();
    deliver(&store, alice, &ids).await;
    store.sweep_at(now_ms() + 30 * DAY_MS + 1).await.unwrap();
    assert_eq!(waiting(&store, alice).await.len(), 0);
    deliver(&store, alice, &ids).await;
    assert_eq!(waiting(&store, alice).await.len(), 0);
    store.sweep_at(now_ms() + 33 * DAY_MS).await.unwrap();
    deliver(&store, alice, &ids).await;
    assert_eq!(waiting(&store, alice).await.len(), ids.len());
}
