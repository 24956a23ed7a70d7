use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use tokio::time::timeout;

use super::*;
use crate::clock::now_ms;

fn id() -> ClientMessageId {
    ClientMessageId::random()
}

pub(super) async fn what_is_delivered_waits_in_order_until_it_is_acknowledged(nodes: Nodes) {
    let (alice, bob) = (nodes.join().await, nodes.join().await);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let letters: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    let delivery = alice.delivery(
        Admission::LookUp,
        &letters
            .iter()
            .map(|text| (id(), text.as_str()))
            .collect::<Vec<_>>(),
    );
    let stored = nodes.one.deliver(delivery, move |envelope| {
        hears.lock().unwrap().push(envelope.sequence)
    });
    assert_eq!(stored.await.await, Ok(40));
    bob.gets_new(&nodes.two, "for bob").await;
    assert_eq!(alice.texts(&nodes.two).await, letters);
    let waiting = alice.waiting(&nodes.two).await;
    let sequences: Vec<Sequence> = waiting
        .envelopes
        .iter()
        .map(|envelope| envelope.sequence)
        .collect();
    assert!(sequences.is_sorted_by(|a, b| a < b) && sequences[0] > Sequence::START);
    assert_eq!(*heard.lock().unwrap(), sequences);
    assert!(!waiting.more && waiting.up_to >= *sequences.last().unwrap());

    let acknowledge = nodes
        .two
        .acknowledge(alice.address, alice.mailbox, sequences[..39].to_vec());
    assert_eq!(acknowledge.await.await, Ok(()));
    assert_eq!(alice.texts(&nodes.one).await, ["39"]);
    // Again, and what is not hers: nothing happens.
    let theirs = bob.waiting(&nodes.one).await.envelopes[0].sequence;
    let again = vec![sequences[0], Sequence(1_000_000)];
    assert_eq!(
        nodes
            .one
            .acknowledge(alice.address, alice.mailbox, again)
            .await
            .await,
        Ok(())
    );
    let acknowledged = nodes
        .one
        .acknowledge(alice.address, alice.mailbox, vec![sequences[39]]);
    assert_eq!(acknowledged.await.await, Ok(()));
    let emptied = alice.waiting(&nodes.two).await;
    assert!(emptied.envelopes.is_empty() && !emptied.more);
    assert_eq!(bob.waiting(&nodes.one).await.envelopes[0].sequence, theirs);
    // A place is never given twice.
    alice.gets_new(&nodes.one, "later").await;
    assert!(alice.waiting(&nodes.one).await.envelopes[0].sequence > sequences[39]);
}

pub(super) async fn a_message_tried_again_is_kept_once_whichever_node_takes_it(nodes: Nodes) {
    let alice = nodes.join().await;
    let (first, second) = (id(), id());
    assert_eq!(alice.gets(&nodes.one, &[(first, "a")]).await, Ok(1));
    assert_eq!(alice.gets(&nodes.two, &[(first, "a")]).await, Ok(1));
    assert_eq!(
        alice
            .gets(&nodes.two, &[(first, "a"), (second, "b"), (second, "b")])
            .await,
        Ok(3)
    );
    assert_eq!(alice.texts(&nodes.one).await, ["a", "b"]);
    let sequences = alice
        .waiting(&nodes.one)
        .await
        .envelopes
        .iter()
        .map(|it| it.sequence)
        .collect();
    nodes
        .one
        .acknowledge(alice.address, alice.mailbox, sequences)
        .await
        .await
        .unwrap();
    assert_eq!(alice.gets(&nodes.two, &[(first, "a")]).await, Ok(1));
    assert_eq!(alice.texts(&nodes.two).await, [""; 0]);
    // Another mailbox has its own.
    let bob = nodes.join().await;
    assert_eq!(bob.gets(&nodes.one, &[(first, "a")]).await, Ok(1));
    assert_eq!(bob.texts(&nodes.one).await, ["a"]);
}

pub(super) async fn a_message_tried_at_both_nodes_at_once_is_kept_once(nodes: Nodes) {
    let alice = nodes.join().await;
    for _ in 0..20 {
        let id = id();
        let one = nodes
            .one
            .deliver(alice.delivery(Admission::LookUp, &[(id, "x")]), |_| ())
            .await;
        let two = nodes
            .two
            .deliver(alice.delivery(Admission::LookUp, &[(id, "x")]), |_| ())
            .await;
        assert_eq!((one.await, two.await), (Ok(1), Ok(1)));
    }
    assert_eq!(alice.texts(&nodes.one).await.len(), 20);
}

pub(super) async fn a_full_mailbox_keeps_what_came_before_and_has_room_when_something_is_acknowledged(
    nodes: Nodes,
) {
    let alice = nodes.join().await;
    let letters = [(id(), "1"), (id(), "2"), (id(), "3"), (id(), "4")];
    assert_eq!(alice.gets(&nodes.one, &letters).await, Ok(3));
    assert_eq!(
        alice.gets(&nodes.two, &letters[3..]).await,
        Err(Refusal::MailboxFull)
    );
    // What is there already is no news, however full it is.
    assert_eq!(alice.gets(&nodes.two, &letters[1..]).await, Ok(2));
    let first = alice.waiting(&nodes.one).await.envelopes[0].sequence;
    nodes
        .one
        .acknowledge(alice.address, alice.mailbox, vec![first])
        .await
        .await
        .unwrap();
    assert_eq!(alice.gets(&nodes.two, &letters[3..]).await, Ok(1));
    assert_eq!(alice.texts(&nodes.one).await, ["2", "3", "4"]);
    assert_eq!(
        alice.gets(&nodes.one, &[(id(), "5")]).await,
        Err(Refusal::MailboxFull)
    );
}

pub(super) async fn a_mailbox_is_full_by_bytes_too(nodes: Nodes) {
    let alice = nodes.join().await;
    let text = "x".repeat(256);
    let letters = [(id(), text.as_str()), (id(), &text), (id(), &text)];
    assert_eq!(alice.gets(&nodes.one, &letters).await, Ok(2));
    assert_eq!(
        alice.gets(&nodes.two, &[(id(), &text)]).await,
        Err(Refusal::MailboxFull)
    );
    assert_eq!(alice.gets(&nodes.two, &[(id(), "small")]).await, Ok(1));
}

pub(super) async fn a_reader_that_has_seen_an_envelope_has_seen_all_before_it(nodes: Nodes) {
    const EACH: usize = 300;
    let alice = Arc::new(nodes.join().await);
    let writers = [Arc::clone(&nodes.one), Arc::clone(&nodes.two)].map(|node| {
        let alice = Arc::clone(&alice);
        tokio::spawn(async move {
            let mut pending = std::collections::VecDeque::new();
            for _ in 0..EACH {
                let delivery = alice.delivery(Admission::LookUp, &[(id(), "x")]);
                pending.push_back(node.deliver(delivery, |_| ()).await);
                if pending.len() > 8 {
                    pending.pop_front().unwrap().await.unwrap();
                }
            }
            for delivery in pending {
                delivery.await.unwrap();
            }
        })
    });
    let (mut after, mut seen) = (Sequence::START, HashSet::new());
    while seen.len() < 2 * EACH {
        let waiting = nodes.two.waiting(alice.mailbox, after, 50, usize::MAX);
        let waiting = timeout(Duration::from_secs(30), waiting).await.unwrap().unwrap();
        for envelope in waiting.envelopes {
            assert!(envelope.sequence > after && seen.insert(envelope.id));
            after = envelope.sequence;
        }
        if !waiting.more {
            after = waiting.up_to;
            if writers.iter().all(|writer| writer.is_finished()) && seen.len() < 2 * EACH {
                // Everything is there: one more look finds the rest, or it was missed.
                let rest = nodes
                    .two
                    .waiting(alice.mailbox, after, 10_000, usize::MAX)
                    .await
                    .unwrap();
                seen.extend(rest.envelopes.iter().map(|envelope| envelope.id));
                assert_eq!(seen.len(), 2 * EACH, "an envelope came before what was seen");
            }
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

pub(super) async fn waiting_is_read_in_pieces_by_number_and_bytes(nodes: Nodes) {
    let alice = nodes.join().await;
    let empty = alice.waiting(&nodes.one).await;
    assert!(empty.envelopes.is_empty() && !empty.more);
    let text = "x".repeat(100);
    for _ in 0..5 {
        alice.gets_new(&nodes.one, &text).await;
    }
    let read = async |after, count, bytes| {
        let waiting = nodes
            .two
            .waiting(alice.mailbox, after, count, bytes)
            .await
            .unwrap();
        (waiting.envelopes.len(), waiting.more)
    };
    assert_eq!(read(Sequence::START, 5, usize::MAX).await, (5, false));
    assert_eq!(read(Sequence::START, 4, usize::MAX).await, (4, true));
    // The one that passes the limit is still read, so that there is always progress.
    assert_eq!(read(Sequence::START, 10, 1).await, (1, true));
    assert_eq!(read(Sequence::START, 10, 101).await, (2, true));
    assert_eq!(read(Sequence::START, 10, 500).await, (5, false));
    let third = alice.waiting(&nodes.one).await.envelopes[2].sequence;
    assert_eq!(read(third, 10, usize::MAX).await, (2, false));
}

pub(super) async fn who_looks_learns_of_what_arrived_since(nodes: Nodes) {
    let (alice, bob) = (nodes.join().await, nodes.join().await);
    alice.gets_new(&nodes.one, "a").await;
    let seen = alice.waiting(&nodes.two).await.up_to;
    let look = async |seen| {
        let positions = vec![(alice.mailbox, seen), (bob.mailbox, Sequence::START)];
        nodes.two.arrived_since(positions).await.unwrap()
    };
    assert_eq!(look(Sequence::START).await, HashSet::from([alice.mailbox]));
    assert_eq!(look(seen).await, HashSet::new());
    alice.gets_new(&nodes.one, "b").await;
    bob.gets_new(&nodes.one, "b").await;
    assert_eq!(look(seen).await, HashSet::from([alice.mailbox, bob.mailbox]));
}

pub(super) async fn what_is_too_old_is_forgotten_and_its_id_later(nodes: Nodes) {
    let alice = nodes.join().await;
    let letters = [(id(), "a"), (id(), "b")];
    assert_eq!(alice.gets(&nodes.one, &letters).await, Ok(2));
    nodes.one.sweep_at(now_ms() + 30 * DAY_MS - 60_000).await.unwrap();
    assert_eq!(alice.texts(&nodes.two).await.len(), 2);
    nodes.two.sweep_at(now_ms() + 30 * DAY_MS + 60_000).await.unwrap();
    assert_eq!(alice.texts(&nodes.one).await, [""; 0]);
    assert_eq!(alice.gets(&nodes.one, &letters).await, Ok(2));
    assert_eq!(alice.texts(&nodes.one).await, [""; 0]);
    nodes.one.sweep_at(now_ms() + 33 * DAY_MS).await.unwrap();
    assert_eq!(alice.gets(&nodes.two, &letters).await, Ok(2));
    assert_eq!(alice.texts(&nodes.one).await, ["a", "b"]);
}

pub(super) async fn two_who_write_to_each_other_do_not_wait_for_ever(nodes: Nodes) {
    let people: Vec<Somebody> = [nodes.join().await, nodes.join().await, nodes.join().await].into();
    let mut pending = Vec::new();
    for round in 0..60 {
        // Both nodes write to all of them, in opposite orders.
        for (node, turned) in [(&nodes.one, false), (&nodes.two, true)] {
            for place in 0..people.len() {
                let place = if turned { people.len() - 1 - place } else { place };
                let text = round.to_string();
                let delivery = people[place].delivery(Admission::LookUp, &[(id(), &text)]);
                pending.push(node.deliver(delivery, |_| ()).await);
            }
        }
    }
    for delivery in pending {
        let done = timeout(Duration::from_secs(30), delivery).await;
        assert_eq!(done.expect("two groups wait for each other"), Ok(1));
    }
    for somebody in &people {
        assert_eq!(somebody.texts(&nodes.one).await.len(), 120);
    }
}

pub(super) async fn a_store_that_was_closed_says_so(nodes: Nodes) {
    let alice = nodes.join().await;
    let before = nodes
        .one
        .deliver(alice.delivery(Admission::LookUp, &[(id(), "before")]), |_| ())
        .await;
    nodes.one.close().await;
    assert_eq!(before.await, Ok(1));
    let after = alice.gets(&nodes.one, &[(id(), "after")]).await;
    assert!(matches!(after, Err(Refusal::Unavailable { .. })), "{after:?}");
    assert!(nodes.one.owner(alice.address).await.is_err());
}
