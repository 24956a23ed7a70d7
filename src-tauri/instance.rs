//! One running window per profile: what tells one profile's instance from another's.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use sotto_engine::profile::ProfileName;

/// The identifier under which the instances of this profile find each other: a D-Bus name, a socket, a mutex.
///
/// The default profile in the default folder has the app's own. A collision, or another hash in another version, does no
/// harm beyond a hand-over that fails: the profile's lock file decides who may open it.
pub(crate) fn identifier(app: &str, profile: &ProfileName, data_dir: Option<&Path>) -> String {
    if profile.as_str() == "default" && data_dir.is_none() {
        return app.to_owned();
    }
    let folder = data_dir.map(|folder| std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()));
    let mut hasher = DefaultHasher::new();
    (profile, folder).hash(&mut hasher);
    // An element of a D-Bus name must not begin with a digit, and a socket's path must stay short.
    format!("{app}.p{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifier_of(profile: &str, data_dir: Option<&str>) -> String {
        identifier(
            "org.sotto.desktop",
            &ProfileName::parse(profile).unwrap(),
            data_dir.map(Path::new),
        )
    }

    #[test]
    fn alice_and_bob_run_side_by_side_and_each_only_once() {
        assert_eq!(identifier_of("default", None), "org.sotto.desktop");
        assert_eq!(identifier_of("alice", None), identifier_of("alice", None));
        assert_ne!(identifier_of("alice", None), identifier_of("bob", None));
    }

    #[test]
    fn the_same_profile_name_in_another_folder_is_another_account() {
        assert_ne!(
            identifier_of("alice", Some("/one")),
            identifier_of("alice", Some("/two"))
        );
        assert_ne!(identifier_of("alice", Some("/one")), identifier_of("alice", None));
    }
}
