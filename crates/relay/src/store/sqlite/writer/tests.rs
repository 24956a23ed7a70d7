use sotto_wire::Refusal;

use super::*;
use crate::store::sqlite::open;

const TOLD: Result<(), Refusal> = Ok(());
const FAILED: Result<(), Refusal> = Err(Refusal::Unavailable {
    retry_after_ms: 5_000,
});

fn writer(folder: &tempfile::TempDir) -> Writer {
    let lock = File::create(folder.path().join("lock")).unwrap();
    Writer::start(open::writable(&folder.path().join("relay.db")).unwrap(), lock).unwrap()
}

fn accounts(folder: &tempfile::TempDir) -> i64 {
    let connection = open::readable(&folder.path().join("relay.db")).unwrap();
    connection
        .query_row("SELECT COUNT(*) FROM accounts", [], |row| row.get(0))
        .unwrap()
}

/// A job that adds an account of so many bytes.
async fn add(writer: &Writer, account: u8, bytes: usize) -> Pending<Result<(), Refusal>> {
    let run = move |writing: &mut Writing<'_>| {
        writing
            .transaction
            .execute(
                "INSERT INTO accounts (account, identity_key) VALUES (?1, ?2)",
                ([account], vec![0; bytes]),
            )
            .map(drop)
    };
    writer.submit(run, Ok).await
}

/// Keeps the writer busy until the sender is used or dropped, so that what is submitted meanwhile makes one group.
async fn busy(writer: &Writer) -> std::sync::mpsc::Sender<()> {
    let (release, released) = std::sync::mpsc::channel();
    drop(
        writer
            .submit(move |_| Ok(released.recv().ok()), |_| Ok::<_, Refusal>(()))
            .await,
    );
    release
}

#[tokio::test]
async fn a_job_that_cannot_be_done_does_not_take_its_group_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder);
    let release = busy(&writer).await;
    // The second has the number of the first.
    let group = [
        add(&writer, 1, 10).await,
        add(&writer, 1, 10).await,
        add(&writer, 2, 10).await,
    ];
    drop(release);
    let [first, second, third] = group;
    assert_eq!((first.await, second.await, third.await), (TOLD, FAILED, TOLD));
    assert_eq!(accounts(&folder), 2);
}

#[tokio::test]
async fn a_full_disk_is_said_and_gets_over() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder);
    let pages = |most: i64| {
        writer.submit(
            move |writing| {
                writing
                    .transaction
                    .query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(()))
            },
            Ok,
        )
    };
    let full: Result<(), Refusal> = pages(1).await.await;
    assert_eq!(full, TOLD);
    assert_eq!(add(&writer, 1, 100_000).await.await, FAILED);
    assert!(!writer.is_healthy());
    let room: Result<(), Refusal> = pages(1_000_000).await.await;
    assert_eq!(room, TOLD);
    assert_eq!(add(&writer, 1, 100_000).await.await, TOLD);
    assert!(writer.is_healthy());
    assert_eq!(accounts(&folder), 1);
}

#[tokio::test]
async fn what_was_submitted_before_the_close_is_written_and_what_comes_after_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder);
    let before = add(&writer, 1, 10).await;
    writer.close().await;
    assert_eq!(before.await, TOLD);
    assert_eq!(add(&writer, 2, 10).await.await, FAILED);
    assert_eq!(accounts(&folder), 1);
}

#[tokio::test]
async fn a_writer_that_is_gone_has_written_what_was_submitted_and_closed_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder);
    for account in 0..20 {
        drop(add(&writer, account, 1000).await);
    }
    drop(writer);
    assert!(
        !folder.path().join("relay.db-wal").exists(),
        "nothing is left to do on another thread, which the end of the process would cut short"
    );
    assert_eq!(accounts(&folder), 20);
}
