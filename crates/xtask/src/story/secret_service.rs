//! A session bus and a GNOME Keyring of our own: a real Secret Service, apart from the user's.
//!
//! The bus has a configuration of its own that activates nothing, so that nothing outlives it and no service of the
//! machine's is reached by accident. All of it lives in one folder, which goes when this is dropped.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::process::{ProcessError, Program, Running};

/// How long the bus and the keyring may take until they answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens the keyring. It guards nothing but the keys of people who exist for some minutes.
const PASSWORD: &str = "a passphrase for a demonstration";

/// Why there is no Secret Service.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretServiceError {
    #[error("the folder of the Secret Service could not be made")]
    Folder(#[source] io::Error),
    #[error("the session bus could not be started")]
    Bus(#[source] ProcessError),
    #[error("the session bus did not come up; its log is dbus.log")]
    BusSilent,
    #[error("GNOME Keyring could not be started")]
    Keyring(#[source] ProcessError),
    #[error("GNOME Keyring does not keep secrets; its log is keyring.log")]
    KeyringSilent,
    #[error("GNOME Keyring could not be locked")]
    Lock(#[source] ProcessError),
    #[error("secret-tool could not be run")]
    SecretTool(#[source] ProcessError),
}

/// A running bus with a running, unlocked keyring on it.
pub(crate) struct SecretService {
    // Ended in this order: the keyring before the bus it speaks on, both before their folder goes.
    _keyring: Running,
    _bus: Running,
    folder: TempDir,
}

impl SecretService {
    /// Starts both; their logs go to the folder `logs`.
    pub(crate) fn start(logs: &Path) -> Result<Self, SecretServiceError> {
        fs::create_dir_all(logs).map_err(SecretServiceError::Folder)?;
        // A socket's path is at most 107 bytes long: not below the repository, which may be anywhere.
        let folder = tempfile::Builder::new()
            .prefix("sotto-")
            .tempdir()
            .map_err(SecretServiceError::Folder)?;
        for name in ["data", "config", "cache", "run"] {
            make_private_folder(&folder.path().join(name)).map_err(SecretServiceError::Folder)?;
        }

        let bus = start_bus(folder.path(), logs)?;
        let keyring = Program::new("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .arg("--control-directory")
            .arg(folder.path().join("run"))
            .envs(environment(folder.path()))
            .input(PASSWORD)
            .start(&logs.join("keyring.log"))
            .map_err(SecretServiceError::Keyring)?;
        let service = Self {
            _keyring: keyring,
            _bus: bus,
            folder,
        };
        service.wait_until_it_keeps_secrets()?;
        Ok(service)
    }

    /// The variables by which a program finds this bus and keeps its files apart from the user's.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        environment(self.folder.path())
    }

    /// The secret of the item that has this attribute, asked for from outside the app; empty if there is none.
    pub(crate) fn lookup(&self, attribute: &str, value: &str) -> Result<String, SecretServiceError> {
        let lookup = Program::new("secret-tool")
            .args(["lookup", attribute, value])
            .envs(self.environment());
        let (_, secret) = lookup.outcome().map_err(SecretServiceError::SecretTool)?;
        Ok(secret)
    }

    /// Locks the keyring; there is nobody who could be asked to unlock it.
    pub(crate) fn lock(&self) -> Result<(), SecretServiceError> {
        // Not `secret-tool lock`, which locks, and then crashes (libsecret 0.20).
        Program::new("dbus-send")
            .args([
                "--session",
                "--print-reply=literal",
                "--dest=org.freedesktop.secrets",
            ])
            .args(["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock"])
            .arg("array:objpath:/org/freedesktop/secrets/collection/login")
            .envs(self.environment())
            .output()
            .map(drop)
            .map_err(SecretServiceError::Lock)
    }

    /// Everything that programs of this session wrote below the folders named in [`environment`](Self::environment).
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stores a secret and reads it back until that works: a service that is merely there may still be locked.
    fn wait_until_it_keeps_secrets(&self) -> Result<(), SecretServiceError> {
        let tool = |arguments: &[&str]| {
            Program::new("secret-tool")
                .args(arguments.iter().copied())
                .envs(self.environment())
        };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let stored = tool(&["store", "--label=probe", "sotto-probe", "1"])
                .input("kept")
                .outcome();
            let kept = tool(&["lookup", "sotto-probe", "1"]).probe();
            let both_worked = stored.is_ok_and(|(stored, _)| stored)
                && kept.is_some_and(|(found, secret)| found && secret == "kept");
            if both_worked {
                _ = tool(&["clear", "sotto-probe", "1"]).probe();
                return Ok(());
            }
            sleep(Duration::from_millis(100));
        }
        Err(SecretServiceError::KeyringSilent)
    }
}

fn environment(folder: &Path) -> Vec<(&'static str, OsString)> {
    let mut address = OsString::from("unix:path=");
    address.push(folder.join("bus"));
    vec![
        ("DBUS_SESSION_BUS_ADDRESS", address),
        ("XDG_DATA_HOME", folder.join("data").into()),
        ("XDG_CONFIG_HOME", folder.join("config").into()),
        ("XDG_CACHE_HOME", folder.join("cache").into()),
        ("XDG_RUNTIME_DIR", folder.join("run").into()),
        ("NO_AT_BRIDGE", "1".into()),
    ]
}

fn start_bus(folder: &Path, logs: &Path) -> Result<Running, SecretServiceError> {
    let socket = folder.join("bus");
    let configuration = folder.join("bus.conf");
    fs::write(&configuration, bus_configuration(&socket)).map_err(SecretServiceError::Folder)?;
    let mut bus = Program::new("dbus-daemon")
        .args(["--nofork", "--nopidfile", "--nosyslog", "--config-file"])
        .arg(&configuration)
        .start(&logs.join("dbus.log"))
        .map_err(SecretServiceError::Bus)?;
    let began = Instant::now();
    while !socket.exists() {
        if bus.ended().is_some() || began.elapsed() > PATIENCE {
            return Err(SecretServiceError::BusSilent);
        }
        sleep(Duration::from_millis(20));
    }
    Ok(bus)
}

/// A session bus open to its own user, without service folders: nothing is started because somebody asked for it.
fn bus_configuration(socket: &Path) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        socket.display()
    )
}

fn make_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir(path)?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    #[ignore = "starts a GNOME Keyring, which not every machine has"]
    fn a_secret_that_one_program_stores_another_can_look_up_until_the_service_ends() {
        let logs = tempfile::tempdir().unwrap();
        let service = SecretService::start(logs.path()).unwrap();
        let store = Program::new("secret-tool").args(["store", "--label=test", "username", "account 1"]);
        store.envs(service.environment()).input("a secret").run().unwrap();
        assert_eq!(service.lookup("username", "account 1").unwrap(), "a secret");
        assert_eq!(service.lookup("username", "account 2").unwrap(), "");

        let folder = service.folder().to_owned();
        drop(service);
        assert!(!folder.exists());
    }
}
