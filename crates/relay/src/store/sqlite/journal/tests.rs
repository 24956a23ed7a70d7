use sotto_wire::AccountId;

use super::*;
use crate::store::sqlite::open;
use crate::store::sqlite::table::{account, device, gathered_message};

const ALICE: MailboxId = MailboxId(1);

/// A database in which Alice has a mailbox.
fn database(folder: &tempfile::TempDir) -> Connection {
    let connection = open::writable(&folder.path().join("relay.db")).unwrap();
    let account = account::insert(&connection, AccountId::random(), &[5; 33].into()).unwrap();
    device::put(&connection, account, sotto_wire::DeviceId::FIRST, 1).unwrap();
    connection
}

fn take(journal: &mut Journal, connection: &Connection, id: ClientMessageId) -> Sequence {
    let payload = Payload::new(vec![7; 256]).unwrap();
    let arriving = Arriving {
        client_message_id: id,
        id: EnvelopeId::random(),
        received_at_ms: 1_000,
        request: false,
        payload: &payload,
    };
    journal.take(connection, ALICE, &arriving).unwrap().sequence
}

/// A group of one step.
fn group<T>(
    journal: &mut Journal,
    connection: &mut Connection,
    step: impl FnOnce(&mut Journal, &Connection) -> T,
) -> T {
    let transaction = connection.transaction().unwrap();
    let answer = step(journal, &transaction);
    journal.write(&transaction).unwrap();
    transaction.commit().unwrap();
    journal.committed();
    answer
}

fn in_table(connection: &Connection) -> Vec<Sequence> {
    let waiting = envelope::waiting(connection, ALICE, Sequence::START, 1_000, usize::MAX).unwrap();
    waiting
        .envelopes
        .iter()
        .map(|envelope| envelope.sequence)
        .collect()
}

fn in_journal(journal: &Journal) -> Vec<Sequence> {
    let (envelopes, _) = journal.fresh.waiting(ALICE, Sequence::START, 1_000, usize::MAX);
    envelopes.iter().map(|envelope| envelope.sequence).collect()
}

#[test]
fn what_is_acknowledged_before_the_fold_never_enters_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let ids = [ClientMessageId::random(), ClientMessageId::random()];
    let [first, second] = ids.map(|id| {
        group(&mut journal, &mut connection, |journal, connection| {
            take(journal, connection, id)
        })
    });
    let bytes = group(&mut journal, &mut connection, |journal, connection| {
        journal.acknowledge(connection, ALICE, first).unwrap()
    });
    assert_eq!(bytes, Some(256));
    assert_eq!(
        (in_table(&connection), in_journal(&journal)),
        (vec![], vec![second])
    );
    journal.tidy_everything(&mut connection).unwrap();
    assert_eq!(
        (in_table(&connection), in_journal(&journal)),
        (vec![second], vec![])
    );
    for id in ids {
        assert!(journal.is_taken(&connection, ALICE, id).unwrap());
    }
    assert!(journal::all(&connection).unwrap().is_empty());
    assert_eq!((journal.bytes, journal.taken.len()), (0, 0));
}

#[test]
fn a_relay_that_was_killed_finds_in_its_journal_what_it_promised() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let id = ClientMessageId::random();
    let (kept, gone) = group(&mut journal, &mut connection, |journal, connection| {
        (
            take(journal, connection, id),
            take(journal, connection, ClientMessageId::random()),
        )
    });
    group(&mut journal, &mut connection, |journal, connection| {
        journal.acknowledge(connection, ALICE, gone).unwrap()
    });
    drop((journal, connection));

    let mut connection = open::writable(&folder.path().join("relay.db")).unwrap();
    let mut journal = Journal::open(&mut connection).unwrap();
    assert_eq!(
        (in_table(&connection), in_journal(&journal)),
        (vec![kept], vec![])
    );
    assert!(journal.is_taken(&connection, ALICE, id).unwrap());
    let next = group(&mut journal, &mut connection, |journal, connection| {
        take(journal, connection, ClientMessageId::random())
    });
    assert!(next > gone);
}

#[test]
fn a_group_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let kept = group(&mut journal, &mut connection, |journal, connection| {
        take(journal, connection, ClientMessageId::random())
    });
    let id = ClientMessageId::random();
    let transaction = connection.transaction().unwrap();
    take(&mut journal, &transaction, id);
    journal.acknowledge(&transaction, ALICE, kept).unwrap();
    drop(transaction);
    journal.rolled_back();
    journal.refresh(&connection).unwrap();
    assert_eq!(in_journal(&journal), [kept]);
    assert!(!journal.is_taken(&connection, ALICE, id).unwrap());
}

#[test]
fn what_is_folded_and_acknowledged_in_one_group_is_gone_from_both() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let sequence = group(&mut journal, &mut connection, |journal, connection| {
        take(journal, connection, ClientMessageId::random())
    });
    group(&mut journal, &mut connection, |journal, connection| {
        journal.fold(connection, FOLD).unwrap();
        journal.acknowledge(connection, ALICE, sequence).unwrap().unwrap()
    });
    assert_eq!((in_table(&connection), in_journal(&journal)), (vec![], vec![]));
    assert!(journal::all(&connection).unwrap().is_empty());
}

#[test]
fn a_large_group_takes_several_rows_and_is_folded_by_halves() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let count = 2 * ROW_BYTES / 300;
    let all: Vec<Sequence> = group(&mut journal, &mut connection, |journal, connection| {
        let take_one = |_| take(journal, connection, ClientMessageId::random());
        (0..count).map(take_one).collect()
    });
    assert!(journal.rows.len() >= 2, "{}", journal.rows.len());
    group(&mut journal, &mut connection, |journal, connection| {
        journal.fold(connection, 1).unwrap();
    });
    let waiting = envelope::waiting(&connection, ALICE, Sequence::START, count, usize::MAX);
    let envelopes = waiting.unwrap().envelopes;
    let (fresh, _) = journal.fresh.waiting(ALICE, Sequence::START, count, usize::MAX);
    assert!(!envelopes.is_empty() && !fresh.is_empty());
    let sequences: Vec<Sequence> = envelopes.iter().chain(&fresh).map(|it| it.sequence).collect();
    assert_eq!(sequences, all);
}

#[test]
fn what_is_folded_and_counted_in_one_group_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    group(&mut journal, &mut connection, |journal, connection| {
        take(journal, connection, ClientMessageId::random())
    });
    let in_group = group(&mut journal, &mut connection, |journal, connection| {
        take(journal, connection, ClientMessageId::random());
        journal.fold(connection, FOLD).unwrap();
        (envelope::usage(connection, ALICE).unwrap(), journal.usage(ALICE))
    });
    assert_eq!(in_group, ((1, 256), (1, 256)));
}

#[test]
fn a_reader_never_finds_less_than_is_on_disk_though_a_group_failed() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let kept = group(&mut journal, &mut connection, |journal, connection| {
        take(journal, connection, ClientMessageId::random())
    });
    journal.rolled_back();
    assert_eq!(in_journal(&journal), [kept]);
    // Nor if the rows cannot be read again.
    connection
        .execute("UPDATE journal SET entries = x'07'", [])
        .unwrap();
    assert!(journal.refresh(&connection).is_err());
    assert_eq!(in_journal(&journal), [kept]);
}

#[test]
fn who_counts_beside_the_relay_finds_what_is_in_the_journal_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let gone = group(&mut journal, &mut connection, |journal, connection| {
        take(journal, connection, ClientMessageId::random())
    });
    journal.tidy_everything(&mut connection).unwrap();
    group(&mut journal, &mut connection, |journal, connection| {
        journal.acknowledge(connection, ALICE, gone).unwrap();
        take(journal, connection, ClientMessageId::random());
        let gone = take(journal, connection, ClientMessageId::random());
        journal.acknowledge(connection, ALICE, gone).unwrap()
    });
    let beside = open::readable(&folder.path().join("relay.db")).unwrap();
    lay_out(&beside).unwrap();
    let count = |sql| beside.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM waiting"), 1);
    assert_eq!(count("SELECT sum(bytes) FROM waiting"), 256);
    assert_eq!(count("SELECT count(*) FROM unsorted_messages"), 2);
}

/// Takes more ids than are sorted at a time, and folds them.
fn gather(journal: &mut Journal, connection: &mut Connection) -> Vec<ClientMessageId> {
    let ids: Vec<_> = (0..gathered::SLICE + 10)
        .map(|_| ClientMessageId::random())
        .collect();
    group(journal, connection, |journal, connection| {
        for id in &ids {
            take(journal, connection, *id);
        }
    });
    group(journal, connection, |journal, connection| {
        journal.fold(connection, usize::MAX).unwrap();
    });
    ids
}

fn sorted(connection: &Connection) -> usize {
    let count = "SELECT count(*) FROM taken_messages";
    connection
        .query_row(count, [], |row| row.get::<_, u32>(0))
        .unwrap() as usize
}

fn knows_all(journal: &Journal, connection: &Connection, ids: &[ClientMessageId]) -> bool {
    ids.iter()
        .all(|id| journal.is_taken(connection, ALICE, *id).unwrap())
}

#[test]
fn ids_gather_before_they_are_sorted_and_are_known_all_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let ids = gather(&mut journal, &mut connection);
    assert_eq!(sorted(&connection), 0);
    assert!(knows_all(&journal, &connection, &ids));
    group(&mut journal, &mut connection, |journal, connection| {
        assert_eq!(journal.sort_ids(connection).unwrap(), gathered::SLICE);
        assert!(knows_all(journal, connection, &ids));
    });
    let later = gather(&mut journal, &mut connection);
    assert_eq!(sorted(&connection), gathered::SLICE);
    journal.tidy_everything(&mut connection).unwrap();
    assert_eq!(sorted(&connection), ids.len() + later.len());
    assert!(knows_all(&journal, &connection, &ids) && knows_all(&journal, &connection, &later));
    assert!(gathered_message::all(&connection).unwrap().is_empty());
    assert!(journal.gathered.is_empty());
}

#[test]
fn ids_that_are_sorted_twice_in_one_group_are_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let ids = gather(&mut journal, &mut connection);
    group(&mut journal, &mut connection, |journal, connection| {
        assert_eq!(journal.sort_ids(connection).unwrap(), gathered::SLICE);
        assert_eq!(journal.sort_ids(connection).unwrap(), ids.len() - gathered::SLICE);
        assert_eq!(journal.sort_ids(connection).unwrap(), 0);
    });
    assert!(journal.gathered.is_empty());
    assert_eq!(sorted(&connection), ids.len());
    assert!(knows_all(&journal, &connection, &ids));
}

#[test]
fn a_relay_that_was_killed_while_it_sorted_ids_knows_them_all() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let ids = gather(&mut journal, &mut connection);
    group(&mut journal, &mut connection, |journal, connection| {
        journal.sort_ids(connection).unwrap();
    });
    drop((journal, connection));

    let path = folder.path().join("relay.db");
    let beside = open::readable(&path).unwrap();
    lay_out(&beside).unwrap();
    let count = "SELECT count(*) FROM unsorted_messages";
    let unsorted: u32 = beside.query_row(count, [], |row| row.get(0)).unwrap();
    assert_eq!(sorted(&beside) + unsorted as usize, ids.len());

    let mut connection = open::writable(&path).unwrap();
    let journal = Journal::open(&mut connection).unwrap();
    assert!(knows_all(&journal, &connection, &ids));
    assert_eq!(sorted(&connection), ids.len());
}

#[test]
fn ids_that_were_sorted_in_a_group_that_failed_are_still_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    let mut journal = Journal::open(&mut connection).unwrap();
    let ids = gather(&mut journal, &mut connection);
    let transaction = connection.transaction().unwrap();
    journal.sort_ids(&transaction).unwrap();
    drop(transaction);
    journal.rolled_back();
    journal.refresh(&connection).unwrap();
    assert!(knows_all(&journal, &connection, &ids));
    journal.tidy_everything(&mut connection).unwrap();
    assert_eq!(sorted(&connection), ids.len());
}

#[test]
fn a_damaged_row_of_ids_is_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = database(&folder);
    gathered_message::insert(&connection, &[7; 33]).unwrap();
    let opened = Journal::open(&mut connection).map(drop);
    assert!(matches!(
        opened.map_err(crate::store::sqlite::OpenError::from),
        Err(crate::store::sqlite::OpenError::Damaged)
    ));
}
