//! What docs/relay.md and deploy/ say is what the program does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests stop at the first surprise

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use sotto_relay::config::{Config, SETTINGS, Section};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const BEGIN: &str =
    "<!-- settings: written by `UPDATE_DOCS=1 cargo test -p sotto-relay --test documentation` -->\n";
const END: &str = "<!-- end of the settings -->\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The settings as docs/relay.md lists them.
fn settings() -> String {
    let defaults = Config::new("", "127.0.0.1:9800".parse().unwrap());
    let mut text = String::new();
    for section in Section::ALL {
        let settings: Vec<_> = SETTINGS
            .iter()
            .filter(|setting| setting.section == section)
            .collect();
        let limits = settings.iter().any(|setting| !setting.refusal.is_empty());
        write!(text, "\n**{}**\n\n", section.heading()).unwrap();
        text += if limits {
            "| setting | default | | at the limit |\n|---|---|---|---|\n"
        } else {
            "| setting | default | |\n|---|---|---|\n"
        };
        for setting in settings {
            let default = match setting.shown(&defaults) {
                none if none.is_empty() => "–".to_owned(),
                default => format!("`{default}`"),
            };
            write!(
                text,
                "| `{} {}` | {default} | {}",
                setting.name, setting.value, setting.help
            )
            .unwrap();
            text += &if limits {
                format!(" | {} |\n", setting.refusal)
            } else {
                " |\n".to_owned()
            };
        }
    }
    text + "\n"
}

#[test]
fn every_setting_is_in_the_documentation() {
    let path = root().join("docs/relay.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the mark before the settings");
    let (documented, after) = rest.split_once(END).expect("the mark behind the settings");
    let expected = settings();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
    } else {
        assert!(documented == expected, "docs/relay.md should say:\n{expected}");
    }
}

/// The names of our metrics in a text: in queries, dashboards, prose.
fn metric_names(text: &str) -> BTreeSet<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    text.split(|character| !is_part(character))
        .filter(|word| word.starts_with("sotto_relay_"))
        .map(str::to_owned)
        .collect()
}

/// What a relay exposes, with the names that a query can use.
async fn exposed() -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::new(folder.path(), "127.0.0.1:0".parse().unwrap());
    config.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
    let relay = sotto_relay::serve(config).await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(relay.metrics_address().unwrap())
        .await
        .unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    relay.shutdown().await;
    let mut names = BTreeSet::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, kind) = line.split_once(' ').unwrap();
        let suffixes: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_count", "_sum", ""],
            _ => &[""],
        };
        names.extend(suffixes.iter().map(|suffix| format!("{name}{suffix}")));
    }
    names
}

#[tokio::test]
async fn every_metric_that_is_written_about_is_one() {
    let exposed = exposed().await;
    assert!(exposed.len() > 20, "{exposed:?}");
    let mut shown = BTreeSet::new();
    for file in [
        "deploy/prometheus/alerts.yml",
        "deploy/grafana/dashboards/sotto-relay.json",
        "docs/operations.md",
        "docs/relay.md",
    ] {
        let names = metric_names(&fs::read_to_string(root().join(file)).unwrap());
        assert!(!names.is_empty(), "{file}");
        for name in &names {
            assert!(
                exposed.contains(name),
                "{file}: there is no metric {name}\n{exposed:#?}"
            );
        }
        shown.extend(names);
    }
    for name in exposed.iter().filter(|name| name.ends_with("_total")) {
        assert!(shown.contains(name), "nobody looks at {name}");
    }
}

#[test]
fn the_deployed_settings_are_settings() {
    let compose = fs::read_to_string(root().join("deploy/compose.yaml")).unwrap();
    let containerfile = fs::read_to_string(root().join("deploy/Containerfile")).unwrap();
    let is_part = |character: char| character.is_ascii_uppercase() || character == '_';
    let known: Vec<String> = SETTINGS
        .iter()
        .map(sotto_relay::config::Setting::variable)
        .collect();
    let mut count = 0;
    for text in [compose, containerfile] {
        for word in text
            .split(|character| !is_part(character))
            .filter(|word| word.starts_with("SOTTO_RELAY_"))
        {
            assert!(
                known.iter().any(|name| name == word),
                "there is no setting for {word}"
            );
            count += 1;
        }
    }
    assert!(count > 8);
    // The example of a file is one.
    let given = sotto_relay::config::Given {
        file: Some(root().join("deploy/relay.toml")),
        ..Default::default()
    };
    assert!(given.effective().is_ok());
}
