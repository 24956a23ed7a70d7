use super::*;

fn address(text: &str) -> RelayAddress {
    text.parse().unwrap()
}

#[test]
fn a_bare_host_is_dialled_with_tls_on_the_usual_port() {
    let relay = address("Relay.Example");
    assert!(relay.is_secure());
    assert_eq!(relay.authority().as_str(), "relay.example:443");
    assert_eq!(relay.endpoint("/v1/open"), "wss://relay.example:443/v1/open");
}

#[test]
fn this_machine_is_dialled_without_tls_unless_asked() {
    for text in [
        "localhost:7070",
        "127.0.0.1:7070",
        "[::1]:7070",
        "ws://localhost:7070/",
    ] {
        assert!(!address(text).is_secure(), "{text}");
        assert_eq!(address(text).port(), 7070, "{text}");
    }
    assert!(address("wss://localhost:7070").is_secure());
}

#[test]
fn the_shown_text_parses_to_the_same_address() {
    for (text, shown) in [
        ("wss://relay.example", "relay.example"),
        ("wss://relay.example:443/", "relay.example"),
        ("relay.example:8443", "relay.example:8443"),
        ("ws://127.0.0.1:7070", "127.0.0.1:7070"),
        ("ws://localhost", "localhost"),
        ("localhost:80", "localhost"),
        ("wss://localhost:443", "wss://localhost"),
        ("wss://localhost:80", "wss://localhost:80"),
        ("[::1]", "[::1]"),
        ("wss://[2001:DB8::1]:99", "[2001:db8::1]:99"),
        ("bücher.example", "xn--bcher-kva.example"),
    ] {
        assert_eq!(address(text).to_string(), shown);
        assert_eq!(address(shown), address(text));
    }
}

#[test]
fn what_is_not_an_address_is_refused() {
    for text in [
        "",
        " ",
        "wss://",
        "a b",
        "relay.example/path",
        "relay.example?x",
        "alice@relay.example",
        "relay:0",
        "relay:66000",
        "relay:port",
        "relay.example#x",
        "[::1",
        ":443",
        "wss:///",
        "wss://wss://relay",
        "a\\b",
    ] {
        assert_eq!(
            text.parse::<RelayAddress>(),
            Err(AddressError::Malformed),
            "{text}"
        );
    }
    assert_eq!(
        "https://relay.example".parse::<RelayAddress>(),
        Err(AddressError::UnknownScheme)
    );
}

#[test]
fn an_unencrypted_connection_leads_to_this_machine_only() {
    for text in [
        "ws://relay.example",
        "ws://192.168.1.2:80",
        "ws://localhost.example",
    ] {
        assert_eq!(
            text.parse::<RelayAddress>(),
            Err(AddressError::InsecureRemote),
            "{text}"
        );
    }
}

#[test]
fn a_name_is_refused_that_is_too_long_only_once_it_is_normalised() {
    let label = "ä".repeat(40);
    let fits = [label.as_str(); 3].join(".");
    assert_eq!(
        fits.parse::<RelayAddress>().unwrap().to_string().parse(),
        Ok(address(&fits))
    );
    let written = ["ä"; 50].join(".");
    assert!(written.len() < MAX_DOMAIN_BYTES);
    assert_eq!(written.parse::<RelayAddress>(), Err(AddressError::Malformed));
}

#[test]
fn a_name_is_refused_that_no_domain_has() {
    for text in ["relay,example", "re{lay}.example", "relay!.example", "ä,.example"] {
        assert_eq!(
            text.parse::<RelayAddress>(),
            Err(AddressError::Malformed),
            "{text}"
        );
    }
}
