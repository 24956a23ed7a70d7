//! Values as they are written in a flag, a variable or a file.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use sotto_wire::{AddressError, RelayName};

use super::{LogFormat, Network, Quota, Registration};

/// The text is not a value of the setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Something else was expected.
    #[error("expected {expected}")]
    Expected {
        /// What.
        expected: &'static str,
    },
    /// Not the name of a relay.
    #[error(transparent)]
    Name(#[from] AddressError),
    /// The setting has one value.
    #[error("expected one value")]
    Many,
}

impl ValueError {
    pub(super) const fn expected(expected: &'static str) -> Self {
        Self::Expected { expected }
    }
}

/// How a value looks in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Number,
    Flag,
    List,
}

/// Something that a setting can be set to. An optional value that is not there is no word at all.
pub(super) trait Value: Sized {
    const SHAPE: Shape;

    fn read(words: &[String]) -> Result<Self, ValueError>;

    fn words(&self) -> Vec<String>;

    /// What stands for no value.
    const NONE: &'static str = "";
}

/// A value that is one word.
pub(super) trait Word: Sized {
    const SHAPE: Shape = Shape::Text;
    const NONE: &'static str = "";

    fn read(word: &str) -> Result<Self, ValueError>;

    fn word(&self) -> String;
}

impl<T: Word> Value for T {
    const SHAPE: Shape = T::SHAPE;

    fn read(words: &[String]) -> Result<Self, ValueError> {
        match words {
            [word] => T::read(word),
            _ => Err(ValueError::Many),
        }
    }

    fn words(&self) -> Vec<String> {
        vec![self.word()]
    }
}

impl<T: Word> Value for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    const NONE: &'static str = T::NONE;

    fn read(words: &[String]) -> Result<Self, ValueError> {
        match words {
            [] => Ok(None),
            [none] if none == T::NONE => Ok(None),
            [word] => T::read(word).map(Some),
            _ => Err(ValueError::Many),
        }
    }

    fn words(&self) -> Vec<String> {
        self.iter().map(Word::word).collect()
    }
}

impl<T: Word> Value for Vec<T> {
    const SHAPE: Shape = Shape::List;

    fn read(words: &[String]) -> Result<Self, ValueError> {
        words.iter().map(|word| T::read(word)).collect()
    }

    fn words(&self) -> Vec<String> {
        self.iter().map(Word::word).collect()
    }
}

impl Word for u32 {
    const SHAPE: Shape = Shape::Number;

    fn read(word: &str) -> Result<Self, ValueError> {
        word.parse().map_err(|_| ValueError::expected("a whole number"))
    }

    fn word(&self) -> String {
        self.to_string()
    }
}

impl Word for u64 {
    const SHAPE: Shape = Shape::Number;

    fn read(word: &str) -> Result<Self, ValueError> {
        bytes_from_str(word)
    }

    fn word(&self) -> String {
        bytes_to_string(*self)
    }
}

impl Word for bool {
    const SHAPE: Shape = Shape::Flag;

    fn read(word: &str) -> Result<Self, ValueError> {
        word.parse().map_err(|_| ValueError::expected("true or false"))
    }

    fn word(&self) -> String {
        self.to_string()
    }
}

/// In whole seconds.
impl Word for Duration {
    const SHAPE: Shape = Shape::Number;

    fn read(word: &str) -> Result<Self, ValueError> {
        let expected = ValueError::expected("a number of seconds, at most 86400");
        let seconds = word.parse().map_err(|_| expected)?;
        if seconds > 86_400 {
            return Err(expected);
        }
        Ok(Self::from_secs(seconds))
    }

    fn word(&self) -> String {
        self.as_secs().to_string()
    }
}

impl Word for String {
    fn read(word: &str) -> Result<Self, ValueError> {
        if word.is_empty() {
            return Err(ValueError::expected("a text"));
        }
        Ok(word.to_owned())
    }

    fn word(&self) -> String {
        self.clone()
    }
}

impl Word for PathBuf {
    fn read(word: &str) -> Result<Self, ValueError> {
        if word.is_empty() {
            return Err(ValueError::expected("a path"));
        }
        Ok(word.into())
    }

    fn word(&self) -> String {
        self.display().to_string()
    }
}

impl Word for SocketAddr {
    fn read(word: &str) -> Result<Self, ValueError> {
        word.parse()
            .map_err(|_| ValueError::expected("an address with a port, such as 127.0.0.1:9800"))
    }

    fn word(&self) -> String {
        self.to_string()
    }
}

impl Word for RelayName {
    fn read(word: &str) -> Result<Self, ValueError> {
        Ok(word.parse()?)
    }

    fn word(&self) -> String {
        self.as_str().to_owned()
    }
}

impl Word for Network {
    fn read(word: &str) -> Result<Self, ValueError> {
        word.parse()
    }

    fn word(&self) -> String {
        self.to_string()
    }
}

impl Word for Quota {
    const NONE: &'static str = "off";

    fn read(word: &str) -> Result<Self, ValueError> {
        word.parse()
    }

    fn word(&self) -> String {
        self.to_string()
    }
}

impl Word for LogFormat {
    fn read(word: &str) -> Result<Self, ValueError> {
        match word {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(ValueError::expected("text or json")),
        }
    }

    fn word(&self) -> String {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
        .to_owned()
    }
}

impl Word for Registration {
    fn read(word: &str) -> Result<Self, ValueError> {
        match word {
            "open" => Ok(Self::Open),
            "invite-only" => Ok(Self::InviteOnly),
            "proof-of-work" => Ok(Self::ProofOfWork),
            "closed" => Ok(Self::Closed),
            _ => Err(ValueError::expected("open, invite-only, proof-of-work or closed")),
        }
    }

    fn word(&self) -> String {
        match self {
            Self::Open => "open",
            Self::InviteOnly => "invite-only",
            Self::ProofOfWork => "proof-of-work",
            Self::Closed => "closed",
        }
        .to_owned()
    }
}

const SIZES: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// A whole number, perhaps in `KiB`, `MiB` or `GiB`.
pub(super) fn bytes_from_str(text: &str) -> Result<u64, ValueError> {
    const EXPECTED: ValueError = ValueError::expected("a whole number, or one such as 256MiB");
    let size = SIZES
        .iter()
        .find_map(|(name, size)| text.strip_suffix(name).map(|count| (count, *size)));
    let (count, size) = size.unwrap_or((text, 1));
    let count: u64 = count.parse().map_err(|_| EXPECTED)?;
    count.checked_mul(size).ok_or(EXPECTED)
}

/// The shortest text that reads as the number.
pub(super) fn bytes_to_string(bytes: u64) -> String {
    let size = SIZES
        .iter()
        .find(|(_, size)| bytes > 0 && bytes.is_multiple_of(*size));
    size.map_or_else(
        || bytes.to_string(),
        |(name, size)| format!("{}{name}", bytes / size),
    )
}
