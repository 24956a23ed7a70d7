//! The name by which strangers find an account, for those who want to be found.

use std::fmt;
use std::str::FromStr;

/// 3 to 32 characters out of `a-z 0-9 . _ -`, beginning with a letter or digit; kept in lower case.
///
/// ASCII only, so that no two names look the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UserName(String);

/// The text is not a user name; the form states the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a user name has 3 to 32 letters, digits, dots, hyphens or underscores and begins with a letter or digit"
)]
pub struct InvalidUserName;

impl UserName {
    /// The name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = InvalidUserName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.to_ascii_lowercase();
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
        let begins_well = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        if (3..=32).contains(&name.len()) && begins_well && name.chars().all(allowed) {
            Ok(Self(name))
        } else {
            Err(InvalidUserName)
        }
    }
}

impl fmt::Debug for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserName(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_is_what_people_can_tell_apart() {
        assert_eq!("Alice.B-c_9".parse::<UserName>().unwrap().as_str(), "alice.b-c_9");
        for bad in [
            "",
            "al",
            ".alice",
            "-alice",
            "alice b",
            "älice",
            "alice@home",
            &"a".repeat(33),
        ] {
            assert_eq!(bad.parse::<UserName>(), Err(InvalidUserName), "{bad}");
        }
    }
}
