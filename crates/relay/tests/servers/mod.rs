//! PostgreSQL and Redis for tests: started by them on free ports of 127.0.0.1, and ended with them.

#![allow(dead_code)] // each test uses its part

use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to start or to stop, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A PostgreSQL with a cluster of its own. Dropped, it is killed.
pub(crate) struct Postgres {
    binaries: PathBuf,
    folder: TempDir,
    port: u16,
    process: Option<Child>,
    settings: Vec<String>,
}

impl Postgres {
    pub(crate) fn start() -> Self {
        let mut server = Self::make();
        server.resume();
        server
    }

    /// One that talks to nobody but under TLS, with this certificate and its key (PEM).
    pub(crate) fn start_encrypted(certificate: &str, key: &str) -> Self {
        let mut server = Self::make();
        for (name, text) in [
            ("server.crt", certificate),
            ("server.key", key),
            ("pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n"),
        ] {
            let path = server.data().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
            if let Some((user, group)) = postgres_user() {
                chown(path, Some(user), Some(group)).unwrap();
            }
        }
        server.settings.push("ssl=on".to_owned());
        server.resume();
        server
    }

    /// A cluster that does not run yet.
    fn make() -> Self {
        let binaries = postgres_binaries();
        let folder = tempfile::tempdir().unwrap();
        let server = Self {
            binaries,
            folder,
            port: free_port(),
            process: None,
            settings: Vec::new(),
        };
        if let Some((user, group)) = postgres_user() {
            chown(server.folder.path(), Some(user), Some(group)).unwrap();
        }
        let made = server
            .command("initdb")
            .args([
                "--username=sotto",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .arg("--pgdata")
            .arg(server.data())
            .stdout(Stdio::null())
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        server
    }

    /// The address of a database of this name, which is made.
    pub(crate) fn database(&self, name: &str) -> String {
        let made = self
            .command("createdb")
            .args(["--host=127.0.0.1", "--username=sotto", "--port"])
            .args([&self.port.to_string(), name])
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "createdb: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        self.address(name)
    }

    pub(crate) fn address(&self, name: &str) -> String {
        format!("postgres://sotto@127.0.0.1:{}/{name}", self.port)
    }

    /// Starts it, again if it was stopped.
    pub(crate) fn resume(&mut self) {
        let port = self.port.to_string();
        let settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "shared_buffers=64MB",
        ];
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &port]);
        for setting in settings
            .into_iter()
            .chain(self.settings.iter().map(String::as_str))
        {
            command.args(["-c", setting]);
        }
        self.process = Some(
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        );
        let ready = || {
            let mut command = self.command("pg_isready");
            command.args(["--quiet", "--host=127.0.0.1", "--port", &port]);
            command.status().unwrap().success()
        };
        wait_until("PostgreSQL is ready", ready);
    }

    /// Stops it as its operator would: connections are ended.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let signal = Command::new("kill")
                .args(["-INT", &process.id().to_string()])
                .status();
            assert!(signal.unwrap().success());
            process.wait().unwrap();
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// PostgreSQL does not run as root.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        // Its own clients look for certificates at home.
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path());
        if let Some((user, group)) = postgres_user() {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // At once; what it was told to keep is of no interest any more.
            Command::new("kill")
                .args(["-QUIT", &process.id().to_string()])
                .status()
                .ok();
            process.wait().ok();
        }
    }
}

/// A Redis that keeps nothing. Dropped, it is killed.
pub(crate) struct Redis {
    folder: TempDir,
    port: u16,
    encrypted: bool,
    process: Option<Child>,
}

impl Redis {
    pub(crate) fn start() -> Self {
        let mut server = Self::make(false);
        server.resume();
        server
    }

    /// One that talks to nobody but under TLS, with this certificate and its key (PEM).
    pub(crate) fn start_encrypted(certificate: &str, key: &str) -> Self {
        let mut server = Self::make(true);
        fs::write(server.folder.path().join("server.crt"), certificate).unwrap();
        fs::write(server.folder.path().join("server.key"), key).unwrap();
        server.resume();
        server
    }

    fn make(encrypted: bool) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            port: free_port(),
            encrypted,
            process: None,
        }
    }

    pub(crate) fn address(&self) -> String {
        let scheme = if self.encrypted { "rediss" } else { "redis" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Starts it, again if it was stopped.
    pub(crate) fn resume(&mut self) {
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command.current_dir(self.folder.path()).args([
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        if self.encrypted {
            command
                .args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no"])
                .args(["--tls-cert-file", "server.crt", "--tls-key-file", "server.key"]);
        } else {
            command.args(["--port", &port]);
        }
        let process = command.stdout(Stdio::null()).spawn();
        self.process = Some(process.expect(
            "redis-server is missing: install the package redis-server (apt) or redis (dnf, pacman), or run `cargo xtask test`",
        ));
        let port = self.port;
        wait_until("Redis is ready", || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
    }

    /// Kills it.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where `initdb` and `postgres` are; Debian does not put them on the search path.
fn postgres_binaries() -> PathBuf {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    std::env::split_paths(&on_path)
        .chain(versions.into_iter().rev())
        // On the search path there may be links to a part of them.
        .filter_map(|folder| folder.join("postgres").canonicalize().ok())
        .filter_map(|program| Some(program.parent()?.to_owned()))
        .find(|folder| {
            ["initdb", "postgres", "pg_isready", "createdb"]
                .iter()
                .all(|program| folder.join(program).exists())
        })
        .expect(
            "PostgreSQL is missing: install the package postgresql (apt, pacman) or postgresql-server (dnf), or run `cargo xtask test`",
        )
}

/// Whom PostgreSQL runs as if we are root: its package has made a user.
fn postgres_user() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let mut users = String::new();
    fs::File::open(Path::new("/etc/passwd"))
        .unwrap()
        .read_to_string(&mut users)
        .unwrap();
    let line = users.lines().find(|line| line.starts_with("postgres:"));
    let mut fields = line
        .expect("a user postgres, since it does not run as root")
        .split(':')
        .skip(2);
    let mut number = || fields.next().unwrap().parse().unwrap();
    Some((number(), number()))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn wait_until(what: &str, ready: impl Fn() -> bool) {
    let started = Instant::now();
    while !ready() {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        sleep(Duration::from_millis(50));
    }
}
