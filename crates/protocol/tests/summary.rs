//! What may be shown of a session moves with what Alice and Bob say.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests stop at the first surprise"
)]

mod support;

use std::collections::HashSet;

use sotto_protocol::session::{Place, SessionState, SessionSummary};
use sotto_protocol::spqr::{ChainEpoch, ExchangeSide, ExchangeStage};
use support::{Person, introduced};

/// Where the session stands that `of` writes in.
fn seen(of: &Person, with: &Person) -> SessionSummary {
    let mut rows = of.store.peers[&with.local.address].record.rows();
    rows.find(|row| row.place == Place::Current)
        .unwrap()
        .state
        .summary()
}

fn says(from: &mut Person, to: &mut Person) {
    let message = from.writes(to, b"hello");
    assert_eq!(to.reads(from, &message).unwrap(), b"hello");
}

#[test]
fn with_each_turn_the_root_key_takes_two_steps_and_both_chains_begin_anew() {
    let (mut alice, mut bob) = introduced();
    assert_eq!(seen(&alice, &bob).root_step, 1);
    assert!(seen(&alice, &bob).is_unacknowledged);

    says(&mut alice, &mut bob);
    says(&mut alice, &mut bob);
    let (hers, his) = (seen(&alice, &bob), seen(&bob, &alice));
    assert_eq!((hers.root_step, hers.sending.step), (1, 2));
    assert_eq!(
        (his.root_step, his.sending.step, his.receiving[0].step),
        (2, 0, 2)
    );
    // What he decrypts with is what she encrypts with.
    assert_eq!(his.receiving[0].ratchet_key, hers.sending.ratchet_key);

    says(&mut bob, &mut alice);
    let after = seen(&alice, &bob);
    assert_eq!((after.root_step, after.sending.step), (3, 0));
    assert_ne!(after.sending.ratchet_key, hers.sending.ratchet_key);
    assert_eq!(
        after.receiving[0].ratchet_key,
        seen(&bob, &alice).sending.ratchet_key
    );
    assert!(!after.is_unacknowledged);
}

#[test]
fn the_key_of_a_message_that_is_late_is_held_until_it_comes() {
    let (mut alice, mut bob) = introduced();
    says(&mut alice, &mut bob);
    let late = alice.writes(&bob, b"late");
    says(&mut alice, &mut bob);
    assert_eq!(seen(&bob, &alice).receiving[0].held, 1);
    assert_eq!(seen(&bob, &alice).receiving[0].step, 3);
    bob.reads(&alice, &late).unwrap();
    assert_eq!(seen(&bob, &alice).receiving[0].held, 0);
}

#[test]
fn an_exchange_goes_through_all_its_stages_and_leaves_an_epoch_behind() {
    let (mut alice, mut bob) = introduced();
    let (mut stages, mut sides) = (HashSet::new(), Vec::new());
    while seen(&alice, &bob).post_quantum.sending_epoch < ChainEpoch(4) {
        says(&mut alice, &mut bob);
        says(&mut bob, &mut alice);
        for summary in [seen(&alice, &bob), seen(&bob, &alice)] {
            let exchange = summary.post_quantum.exchange;
            stages.insert(exchange.stage);
            for chunks in [exchange.outgoing, exchange.incoming].into_iter().flatten() {
                assert!(chunks.passed <= chunks.needed && (1..=36).contains(&chunks.needed));
            }
            let newest = summary.post_quantum.chains.last().unwrap();
            assert!(newest.epoch <= exchange.epoch.chains());
        }
        let exchange = seen(&alice, &bob).post_quantum.exchange;
        let turn = (exchange.epoch, exchange.stage.side());
        if sides.last() != Some(&turn) {
            sides.push(turn);
        }
    }
    // Alice's part changes with each epoch, and the stages of a turn that ends where it began are all passed through.
    assert!(sides.windows(2).all(|pair| pair[0].1 != pair[1].1), "{sides:?}");
    assert_eq!(sides[0].1, ExchangeSide::Key);
    for stage in [
        ExchangeStage::HeaderSent,
        ExchangeStage::Ct1Sampled,
        ExchangeStage::NoHeaderReceived,
        ExchangeStage::Ct2Sampled,
    ] {
        assert!(stages.contains(&stage), "{stage:?} is missing among {stages:?}");
    }
    assert!(seen(&alice, &bob).post_quantum.is_agreed);
}

#[test]
fn a_state_that_was_stored_without_its_steps_shows_them() {
    let (mut alice, mut bob) = introduced();
    for _ in 0..4 {
        says(&mut alice, &mut bob);
        says(&mut bob, &mut alice);
        for (of, with) in [(&alice, &bob), (&bob, &alice)] {
            let row = of.store.peers[&with.local.address].record.rows().next().unwrap();
            let mut version_2 = row.state.to_bytes().to_vec();
            version_2[0] = 2;
            // Behind the version: two identities and two registrations.
            version_2.drain(73..77);
            let read = SessionState::from_bytes(&version_2).unwrap();
            assert_eq!(read.summary(), row.state.summary());
        }
    }
}

#[test]
fn nothing_secret_is_in_what_is_shown() {
    let (mut alice, mut bob) = introduced();
    says(&mut alice, &mut bob);
    let shown = format!("{:?}", seen(&bob, &alice));
    let row = bob.store.peers[&alice.local.address]
        .record
        .rows()
        .next()
        .unwrap();
    let stored = row.state.to_bytes();
    // Behind the version: two identities, three numbers, the base key; then the root key and our private ratchet key.
    for secret in [&stored[109..141], &stored[141..173]] {
        let secret = hex::encode(secret);
        assert!(!shown.contains(&secret[..16]));
    }
    insta::assert_snapshot!(shown);
}
