//! A little of every load, on a relay in this process: that the tool works, and that nothing is lost. Nothing is timed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests stop at the first surprise

use std::process::Command;

use serde_json::Value;
use sotto_relay::Config;
use sotto_testkit::process::Program;
use tokio::task::spawn_blocking;

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_sent_under_load_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    let relay = sotto_relay::serve(config).await.unwrap();
    let address = format!("ws://{}", relay.address());
    let loading = spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_sotto-load"))
            .args(["--quick", "--relay", &address])
            .args(["--letters", "1000", "--idle", "20", "--storm", "40"])
            .output()
            .unwrap()
    });
    let output = loading.await.unwrap();
    // It fails by itself if less arrives than was sent.
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let figures = &report["relay"];
    assert_eq!(figures["offline"]["messages"], 1_000, "{report}");
    assert_eq!(figures["growth"]["messages"], 1_000, "{report}");
    assert_eq!(figures["storm"]["clients"], 40, "{report}");
    for scenario in ["online", "paced"] {
        assert!(figures[scenario]["messages"].as_u64().unwrap() > 10, "{report}");
    }
    assert!(report["mosquitto"].is_null());
    relay.shutdown().await;
}

#[test]
fn a_relay_of_our_own_is_loaded_through_tls() {
    let output = Command::new(env!("CARGO_BIN_EXE_sotto-load"))
        .args(["--quick", "--tls", "--only", "online,storm", "--storm", "40"])
        .arg("--relay-program")
        .arg(Program::Relay.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["relay"]["storm"]["clients"], 40, "{report}");
    assert!(
        report["relay"]["online"]["messages"].as_u64().unwrap() > 10,
        "{report}"
    );
}
