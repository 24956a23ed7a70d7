use super::*;

fn given(flags: &[(&'static str, &[&str])], environment: &[(&str, &str)], file: Option<&Path>) -> Given {
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    Given {
        file: file.map(Into::into),
        flags: flags
            .iter()
            .map(|(name, values)| (*name, words(values)))
            .collect(),
        environment: environment
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
    }
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

fn failure(given: Given) -> String {
    let error = given.effective().unwrap_err();
    let mut said = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        said = format!("{said}: {cause}");
        source = cause.source();
    }
    said
}

#[test]
fn flags_go_before_environment_before_file_before_default() {
    let file =
        file("data = \"from-file\"\nmailbox-envelopes = 1_000\nretention-days = 7\nunacknowledged = 9\n");
    let effective = given(
        &[("mailbox-envelopes", &["3"])],
        &[
            ("SOTTO_RELAY_MAILBOX_ENVELOPES", "2"),
            ("SOTTO_RELAY_RETENTION_DAYS", "8"),
        ],
        Some(file.path()),
    )
    .effective()
    .unwrap();
    let limits = effective.config.limits;
    assert_eq!(
        (
            limits.mailbox_envelopes,
            limits.retention_days,
            limits.unacknowledged
        ),
        (3, 8, 9)
    );
    assert_eq!(limits.connections, super::super::Limits::default().connections);
    let shown = effective.to_string();
    let origin = |name: &str| {
        let line = shown
            .lines()
            .find(|line| line.starts_with(&format!("{name} = ")))
            .unwrap();
        line.split_once('#').unwrap().1.trim().to_owned()
    };
    assert_eq!(origin("mailbox-envelopes"), "command line");
    assert_eq!(origin("retention-days"), "environment");
    assert_eq!(origin("unacknowledged"), "file, line 4");
    assert_eq!(origin("connections"), "default");
}

#[test]
fn what_is_printed_is_a_file_that_says_the_same() {
    let first = given(
        &[
            ("data", &["/var/lib/sotto relay"]),
            ("name", &["relay.example", "relay.example:8443"]),
            ("ip-connects", &["off"]),
            ("mailbox-bytes", &["1GiB"]),
            ("registration", &["proof-of-work"]),
            ("trusted-proxy", &["10.0.0.0/8"]),
            ("proxy-protocol", &["true"]),
        ],
        &[],
        None,
    )
    .effective()
    .unwrap();
    let written = file(&first.to_string());
    let second = given(&[], &[], Some(written.path())).effective().unwrap();
    assert_eq!(format!("{:?}", first.config), format!("{:?}", second.config));
    assert_eq!(second.config.quotas.ip_connects, None);
    assert_eq!(second.config.names.len(), 2);
}

#[test]
fn mistakes_are_told_with_their_place() {
    let said = |text: &str| failure(given(&[("data", &["x"])], &[], Some(file(text).path())));
    let unknown = said("\n# a comment\nmailbox-envelops = 5\n");
    assert!(
        unknown.contains("line 3: there is no setting \"mailbox-envelops\""),
        "{unknown}"
    );
    let value = said("name = [\"relay.example\"]\nretention-days = \"soon\"\n");
    assert!(
        value.contains("the setting retention-days (file, line 2): expected a whole number"),
        "{value}"
    );
    let value = said("retention-days = [30]\n");
    assert!(value.contains("(file, line 1)"), "{value}");
    let syntax = said("data = \"x\"\nlisten = 127.0.0.1\n");
    assert!(syntax.contains("line 2: not TOML"), "{syntax}");

    let environment = failure(given(
        &[("data", &["x"])],
        &[("SOTTO_RELAY_LISTEN", "somewhere")],
        None,
    ));
    assert!(
        environment.contains("the setting listen (environment): expected an address"),
        "{environment}"
    );
    assert!(failure(given(&[], &[], None)).contains("the setting data is missing"));
    assert!(
        failure(given(
            &[("data", &["x"]), ("tls-certificate", &["a.pem"])],
            &[],
            None
        ))
        .contains("tls-certificate needs tls-key")
    );
    let both = [
        ("data", &["x"][..]),
        ("tls-certificate", &["a"]),
        ("tls-key", &["b"]),
        ("acme-domain", &["c"]),
    ];
    assert!(failure(given(&both, &[], None)).contains("exclude each other"));
    assert!(failure(given(&[], &[], Some(Path::new("/nowhere/relay.toml")))).contains("cannot be read"));
}

#[test]
fn lists_are_separated_by_commas_in_the_environment_and_strange_variables_are_named() {
    let effective = given(
        &[("data", &["x"])],
        &[
            ("SOTTO_RELAY_NAME", "a.example, b.example"),
            ("SOTTO_RELAY_PORT", "tcp://10.0.0.1:9800"),
            ("SOTTO_RELAY_CONFIG", ""),
            ("HOME", "/root"),
        ],
        None,
    )
    .effective()
    .unwrap();
    assert_eq!(effective.config.names.len(), 2);
    assert_eq!(effective.unknown_variables, ["SOTTO_RELAY_PORT"]);
}
