//! Real processes that are killed while they talk, a few of them: `cargo xtask kill` kills as many as are wanted.

#![allow(clippy::panic)] // a story may stop at the first surprise

use sotto_testkit::killing;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nothing_doubled_whoever_is_killed() {
    match killing::run(2, 12).await {
        Ok(killings) => assert!(killings.kills == 12 && killings.texts > 12, "{killings}"),
        Err(broken) => panic!("{broken}"),
    }
}
