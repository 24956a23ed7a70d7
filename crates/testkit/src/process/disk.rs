//! A disk of somebody's own, which can really be full.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::TIMEOUT;

/// A file system in memory, in a name space that a process of its own keeps open: it outlives the processes that are killed
/// on it. Linux only, and only where a user may make name spaces.
pub struct SmallDisk {
    holder: Child,
    folder: PathBuf,
}

impl SmallDisk {
    /// A disk with room for so many megabytes, seen at `folder` by those who run on it.
    pub async fn make(folder: &Path, megabytes: u32) -> Self {
        std::fs::create_dir_all(folder).expect("a folder of our own");
        let mut holder = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c"])
            .arg("mount -t tmpfs -o size=\"$2m\" tmpfs \"$1\" && echo made && exec cat")
            .arg("sh")
            .arg(folder)
            .arg(megabytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("`unshare`, of util-linux");
        let mut said = BufReader::new(holder.stdout.take().expect("piped above")).lines();
        let said = tokio::time::timeout(TIMEOUT, said.next_line()).await;
        let said = said.expect("a disk in time").expect("text");
        assert_eq!(said.as_deref(), Some("made"), "no name space, no disk");
        Self {
            holder,
            folder: folder.to_owned(),
        }
    }

    /// A command line that runs a program on this disk.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command
            .args(["--user", "--mount", "--preserve-credentials", "--target"])
            .arg(self.holder_id().to_string())
            .arg("--")
            .arg(program);
        command
    }

    /// Where others find what is on it.
    pub fn outside(&self) -> PathBuf {
        let inside = self.folder.strip_prefix("/").expect("an absolute path");
        let root = Path::new("/proc").join(self.holder_id().to_string()).join("root");
        root.join(inside)
    }

    /// Takes all the room that is left.
    pub fn fill(&self) {
        let mut ballast = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.ballast())
            .expect("a file of our own");
        while ballast.write_all(&[0; 4096]).is_ok() {}
    }

    /// Gives it back.
    pub fn make_room(&self) {
        // There may have been none to take.
        let _ = std::fs::remove_file(self.ballast());
    }

    fn ballast(&self) -> PathBuf {
        self.outside().join("ballast")
    }

    fn holder_id(&self) -> u32 {
        self.holder.id().expect("a process that has not been waited for")
    }
}
