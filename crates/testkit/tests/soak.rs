//! The long run, for a few seconds: that it works, not that nothing grows. `cargo xtask soak` takes its time.

#![allow(clippy::unwrap_used, clippy::panic)] // a story may stop at the first surprise

use std::time::Duration;

use sotto_testkit::soak::{self, Length};

#[tokio::test(flavor = "multi_thread")]
async fn people_talk_for_a_while_and_everything_of_them_is_looked_at() {
    let length = Length {
        time: Duration::from_secs(6),
        every: Duration::from_millis(60),
    };
    let report = soak::run(length)
        .await
        .unwrap_or_else(|broken| panic!("{broken}"));
    let said = report.to_string();
    assert!(said.contains("database, for each message"), "{said}");
    if cfg!(target_os = "linux") {
        for what in [
            "memory (PSS)",
            "open files",
            "threads",
            "log-ahead (WAL)",
            "processor",
        ] {
            let lines = said.lines().filter(|line| line.contains(what));
            assert_eq!(lines.count(), 3, "{what} of Alice, Bob and the relay: {said}");
        }
    }
}
