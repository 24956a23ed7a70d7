//! One setting: how it is called, what it is for, how it is read and shown.

use super::value::Shape;
use super::{Config, ValueError};

/// What a setting is about; headings of the help and of docs/relay.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Where the relay is and keeps things.
    Relay,
    /// Certificates and proxies.
    Tls,
    /// Metrics and logs.
    Watching,
    /// Who gets an account, and how much is kept.
    Limits,
    /// How often things may be done.
    Quotas,
    /// How long things may take.
    Patience,
}

impl Section {
    /// Every section, in order.
    pub const ALL: [Self; 6] = [
        Self::Relay,
        Self::Tls,
        Self::Watching,
        Self::Limits,
        Self::Quotas,
        Self::Patience,
    ];

    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Relay => "Relay",
            Self::Tls => "TLS and proxies",
            Self::Watching => "Watching it",
            Self::Limits => "Limits",
            Self::Quotas => "Quotas",
            Self::Patience => "Patience",
        }
    }
}

/// A setting. Its name is that of the flag (`--name`), of the key in the file, and, in capitals with underscores
/// behind `SOTTO_RELAY_`, of the environment variable.
pub struct Setting {
    /// `mailbox-envelopes`.
    pub name: &'static str,
    /// What it is about.
    pub section: Section,
    /// What stands for its value in the help: `N`.
    pub value: &'static str,
    /// One sentence or two.
    pub help: &'static str,
    /// What happens at the limit; empty if it is none.
    pub refusal: &'static str,
    /// Whether its value is not to be shown.
    pub secret: bool,
    pub(super) shape: Shape,
    pub(super) none: &'static str,
    pub(super) set: fn(&mut Config, &[String]) -> Result<(), ValueError>,
    pub(super) words: fn(&Config) -> Vec<String>,
}

impl Setting {
    /// The environment variable.
    pub fn variable(&self) -> String {
        format!("SOTTO_RELAY_{}", self.name.to_ascii_uppercase().replace('-', "_"))
    }

    /// Whether it may be given several times.
    pub fn is_list(&self) -> bool {
        self.shape == Shape::List
    }

    /// Whether it is true or false; the flag alone means true.
    pub fn is_flag(&self) -> bool {
        self.shape == Shape::Flag
    }

    /// Its value as a flag takes it, for the help and the documentation.
    pub fn shown(&self, config: &Config) -> String {
        let words = (self.words)(config);
        if words.is_empty() {
            self.none.to_owned()
        } else {
            words.join(",")
        }
    }

    /// Its value as the file takes it; a secret one is hidden.
    pub(super) fn toml(&self, config: &Config) -> String {
        let words = (self.words)(config);
        match self.shape {
            _ if self.secret && !words.is_empty() => "\"(hidden)\"".to_owned(),
            Shape::List => {
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                format!("[{}]", words.join(", "))
            }
            shape => {
                let word = words.first().map_or(self.none, String::as_str);
                let bare = match shape {
                    Shape::Number => !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()),
                    Shape::Flag => true,
                    Shape::Text | Shape::List => false,
                };
                if bare { word.to_owned() } else { quoted(word) }
            }
        }
    }
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
