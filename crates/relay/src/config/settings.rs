//! Every setting.

use super::Config;
use super::setting::{Section, Setting};
use super::value::Value;

/// `setting!(Section, "name" VALUE field.of.config, "help", "refusal")`
macro_rules! setting {
    ($section:ident, $name:literal $value:ident $($field:ident).+, $help:literal $(, $refusal:literal)?) => {
        setting!(@ $section, $name, stringify!($value), $($field).+, $help, [$($refusal)?], false)
    };
    (secret $section:ident, $name:literal $value:ident $($field:ident).+, $help:literal) => {
        setting!(@ $section, $name, stringify!($value), $($field).+, $help, [], true)
    };
    (@ $section:ident, $name:literal, $value:expr, $($field:ident).+, $help:literal, [$($refusal:literal)?], $secret:literal) => {
        Setting {
            name: $name,
            section: Section::$section,
            value: $value,
            help: $help,
            refusal: concat!($($refusal)?),
            secret: $secret,
            shape: shape_of(|config: &Config| &config.$($field).+),
            none: none_of(|config: &Config| &config.$($field).+),
            set: |config, words| {
                config.$($field).+ = Value::read(words)?;
                Ok(())
            },
            words: |config| Value::words(&config.$($field).+),
        }
    };
}

const fn shape_of<T: Value>(_: fn(&Config) -> &T) -> super::value::Shape {
    T::SHAPE
}

const fn none_of<T: Value>(_: fn(&Config) -> &T) -> &'static str {
    T::NONE
}

/// Every setting, in the order in which help and documentation list them.
pub static SETTINGS: &[Setting] = &[
    setting!(Relay, "data" DIR data, "The data folder; made if it is not there. The one setting without a default."),
    setting!(Relay, "secrets" DIR secrets, "The folder of the pepper and the trust root. Nodes of one relay share its contents. Empty: the data folder."),
    setting!(Relay, "listen" ADDRESS listen, "Where to listen; port 0 lets the system choose."),
    setting!(Relay, "name" HOST names, "A name by which clients dial this relay, such as relay.example or relay.example:8443; may be given several times. Without it: the address it listens on, and localhost.", "a proof made for another name is refused (`WrongRelayName`)"),
    setting!(secret Relay, "database" URL database, "The PostgreSQL that several nodes of one relay share, such as postgres://sotto:password@host/relay?sslmode=verify-full. Empty: an embedded database in the data folder."),
    setting!(secret Relay, "bus" URL bus, "The Redis through which several nodes of one relay tell each other what arrives, such as redis://:password@host:6379, or rediss:// for TLS. Empty: this is the only node."),
    setting!(Relay, "bus-root" FILE bus_root, "The root certificate (PEM) by which a Redis under rediss:// is trusted, if it is a private one."),
    setting!(Tls, "tls-certificate" FILE tls.certificate, "The certificate and its chain (PEM); read again when the file changes, and on SIGHUP."),
    setting!(Tls, "tls-key" FILE tls.key, "The private key of the certificate (PEM)."),
    setting!(Tls, "acme-domain" HOST tls.acme_domains, "Get a certificate for this host name by ACME (TLS-ALPN-01: the relay must be reachable on its port 443); may be given several times."),
    setting!(Tls, "acme-contact" URL tls.acme_contact, "Whom the certificate authority may write to, such as mailto:admin@relay.example."),
    setting!(Tls, "acme-directory" URL tls.acme_directory, "The certificate authority. Empty: Let's Encrypt."),
    setting!(Tls, "acme-root" FILE tls.acme_root, "The root certificate (PEM) by which the certificate authority's own server is trusted, if it is a private one."),
    setting!(Tls, "trusted-proxy" NETWORK proxies.trusted, "An address or network whose X-Forwarded-For is believed; may be given several times."),
    setting!(Tls, "proxy-protocol" BOOL proxies.protocol, "Connections from trusted proxies begin with a line of the PROXY protocol, version 1."),
    setting!(Watching, "metrics-listen" ADDRESS metrics_listen, "Where /metrics, /health and /ready are served besides. Empty: nowhere; the latter two are served with everything else too."),
    setting!(Watching, "log-format" FORMAT log_format, "How the log is written to standard error: text or json. What it says is set by RUST_LOG (info)."),
    setting!(Limits, "registration" WHO limits.registration, "Who gets an account: open, invite-only, proof-of-work or closed. Accounts that are there go on.", "`InviteRequired`, `WrongInvite`, `WorkRequired`, `RegistrationClosed`"),
    setting!(Limits, "work-bits" N limits.work_bits, "Leading zero bits of a proof of work; 20 take a computer less than a second, each one more twice as long. At most 24."),
    setting!(Limits, "connections" N limits.connections, "Connections at a time.", "HTTP 503 with `Retry-After`"),
    setting!(Limits, "connections-per-ip" N limits.connections_per_ip, "Connections at a time from one address (IPv6: one network of 64 bits).", "HTTP 429 with `Retry-After`"),
    setting!(Limits, "payload-bytes" BYTES limits.payload_bytes, "Longest payload of an envelope; the protocol allows no more than the default.", "`PayloadTooLarge`"),
    setting!(Limits, "mailbox-envelopes" N limits.mailbox_envelopes, "Envelopes that a mailbox holds.", "`MailboxFull` until the owner has acknowledged some"),
    setting!(Limits, "mailbox-bytes" BYTES limits.mailbox_bytes, "Bytes of payload that a mailbox holds.", "`MailboxFull`"),
    setting!(Limits, "retention-days" DAYS limits.retention_days, "Days that an envelope waits for its owner.", "deleted"),
    setting!(Limits, "one-time-prekeys" N limits.one_time_prekeys, "Unused one-time prekeys of each kind kept for a device.", "`TooManyPrekeys`"),
    setting!(Limits, "unacknowledged" N limits.unacknowledged, "Envelopes pushed to a client that it has not acknowledged.", "no more are pushed"),
    setting!(Quotas, "connection-frames" QUOTA quotas.connection_frames, "Frames that one connection sends.", "`RateLimited`"),
    setting!(Quotas, "connection-bytes" QUOTA quotas.connection_bytes, "Bytes that one connection sends.", "`RateLimited`"),
    setting!(Quotas, "ip-connects" QUOTA quotas.ip_connects, "Connections opened from one address.", "HTTP 429 with `Retry-After`"),
    setting!(Quotas, "ip-frames" QUOTA quotas.ip_frames, "Frames sent from one address.", "`RateLimited`"),
    setting!(Quotas, "ip-bytes" QUOTA quotas.ip_bytes, "Bytes sent from one address.", "`RateLimited`"),
    setting!(Quotas, "ip-bundles" QUOTA quotas.ip_bundles, "Prekey bundles fetched from one address.", "`RateLimited`"),
    setting!(Quotas, "ip-look-ups" QUOTA quotas.ip_look_ups, "User names looked up, or taken, from one address.", "`RateLimited`"),
    setting!(Quotas, "ip-registrations" QUOTA quotas.ip_registrations, "Accounts made from one address.", "`RateLimited`"),
    setting!(Quotas, "registrations" QUOTA quotas.registrations, "Accounts made at all.", "`RateLimited`"),
    setting!(Quotas, "account-frames" QUOTA quotas.account_frames, "Frames that the owner of one mailbox sends.", "`RateLimited`"),
    setting!(Quotas, "account-bytes" QUOTA quotas.account_bytes, "Bytes that the owner of one mailbox sends.", "`RateLimited`"),
    setting!(Quotas, "account-bundles" QUOTA quotas.account_bundles, "Prekey bundles of one mailbox handed out.", "`RateLimited`"),
    setting!(Quotas, "account-requests" QUOTA quotas.account_requests, "Envelopes that one mailbox takes from people who looked its user name up.", "`RateLimited`"),
    setting!(Quotas, "token-envelopes" QUOTA quotas.token_envelopes, "Envelopes delivered under one token.", "`RateLimited`"),
    setting!(Quotas, "token-bytes" QUOTA quotas.token_bytes, "Bytes delivered under one token.", "`RateLimited`"),
    setting!(Quotas, "token-bundles" QUOTA quotas.token_bundles, "Prekey bundles fetched under one token.", "`RateLimited`"),
    setting!(Patience, "introduction-seconds" SECONDS patience.introduction, "From the connection to the upgrade, from there to the hello, and from the hello to the owner's authentication.", "hung up on"),
    setting!(Patience, "heartbeat-seconds" SECONDS patience.heartbeat, "Silence after which the relay pings."),
    setting!(Patience, "pong-seconds" SECONDS patience.pong, "From the ping to any sign of life.", "hung up on (`Silent`)"),
    setting!(Patience, "write-seconds" SECONDS patience.write, "For one write to a client that does not read.", "hung up on (`TooSlow`)"),
    setting!(Patience, "drain-notice-seconds" SECONDS patience.notice, "After SIGTERM: not ready any more but serving on, so that the balancer in front sends nobody new."),
    setting!(Patience, "drain-seconds" SECONDS patience.farewell, "For everybody to leave when the relay stops."),
    setting!(Patience, "reconnect-seconds" SECONDS patience.reconnect, "Over which those who were sent away are told to come back, each at a moment of their own."),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_name_stands_once_and_is_a_word() {
        let mut names = HashSet::new();
        for setting in SETTINGS {
            assert!(names.insert(setting.name), "{}", setting.name);
            assert!(
                setting
                    .name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            );
            assert!(setting.help.ends_with('.'), "{}", setting.name);
        }
    }

    #[test]
    fn every_default_is_read_as_it_is_shown() {
        let config = Config::new("data", "127.0.0.1:9800".parse().unwrap());
        for setting in SETTINGS {
            let mut other = config.clone();
            (setting.set)(&mut other, &(setting.words)(&config)).unwrap();
            assert_eq!(setting.shown(&other), setting.shown(&config), "{}", setting.name);
        }
    }
}
