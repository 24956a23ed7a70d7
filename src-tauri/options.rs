//! The command line.

#[cfg(any(feature = "desktop", test))]
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;
use sotto_engine::profile::{InvalidProfileName, ProfileName};

/// A private desktop messenger.
#[derive(Debug, Clone, Parser)]
#[command(version)]
pub struct Options {
    /// Which account to open: each profile has its own keys, contacts and window
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = profile_name)]
    pub profile: ProfileName,

    /// Start without showing the window, where there is a tray to open it from
    #[arg(long)]
    pub hidden: bool,

    /// The folder that profiles are kept in, instead of the platform's own
    #[arg(long, value_name = "FOLDER", env = "SOTTO_DATA_DIR", hide_env_values = true)]
    pub data_dir: Option<PathBuf>,

    /// An invite to open
    #[arg(value_name = "sotto:LINK")]
    pub link: Option<String>,
}

#[cfg(any(feature = "desktop", test))]
impl Options {
    /// The invite that a second start of this profile was given; its other arguments do not concern the first.
    pub(crate) fn link_of(
        arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    ) -> Option<String> {
        Self::try_parse_from(arguments).ok()?.link
    }
}

fn profile_name(name: &str) -> Result<ProfileName, InvalidProfileName> {
    ProfileName::parse(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_arguments_the_default_profile_opens() {
        let options = Options::parse_from(["sotto"]);
        assert_eq!(options.profile.as_str(), "default");
        assert_eq!(options.link, None);
    }

    #[test]
    fn the_browser_hands_over_an_invite_as_the_only_argument() {
        assert_eq!(
            Options::link_of(["sotto", "sotto:invite/1#CgYK"]).as_deref(),
            Some("sotto:invite/1#CgYK")
        );
        assert_eq!(
            Options::link_of(["sotto", "--profile", "bob", "sotto:x"]).as_deref(),
            Some("sotto:x")
        );
        assert_eq!(Options::link_of(["sotto", "--nonsense"]), None);
    }

    #[test]
    fn a_profile_name_that_could_leave_the_data_folder_is_refused() {
        assert!(Options::try_parse_from(["sotto", "--profile", "../bob"]).is_err());
    }
}
