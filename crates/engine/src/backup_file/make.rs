//! Making a backup that leaves the computer.
//!
//! ```text
//! messages.db ── copied as for every backup ──► messages.db.outgoing ── sealed ──► <folder>/Sotto backup <date>.part ──► .sotto
//! ```

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::pieces::Sealer;
use super::{BackupFile, Header, discard};
use crate::core::Core;
use crate::error::{BackUpError, DatabaseError, StorageError};
use crate::profile::private_file;
use crate::store::Store;
use crate::vault::{OpenRecoverySlotError, RecoveryCode};

/// More backups of one day than anybody keeps in one folder.
const MOST_OF_A_DAY: u32 = 1000;

/// Makes a backup of the account in `folder`. The code is the account's recovery code: whoever typed it has it.
pub(crate) async fn make(
    core: &Arc<Core>,
    code: RecoveryCode,
    folder: PathBuf,
) -> Result<BackupFile, BackUpError> {
    let secrets = core.vault.lock().await.open_with_recovery_code(&code)?;
    if !secrets.are(&core.secrets) {
        return Err(OpenRecoverySlotError::NotOpened.into());
    }
    let now = core.now();
    let day = core
        .store
        .read(move |connection| Store::day(connection, now))
        .await?;
    let (database, shutdown) = (core.profile.database_file(), core.shutdown.clone());
    let copy = Store::copy_out(database, &core.secrets.database, now, move || {
        !shutdown.is_cancelled()
    })
    .await?;
    let secrets = secrets.encode(core.owner.address.account.uuid());
    let written = tokio::task::spawn_blocking(move || {
        let written = write(&copy, &secrets, &code, &folder, &day);
        discard(&copy);
        written
    });
    written
        .await
        .unwrap_or(Err(DatabaseError::Storage(StorageError::Failed).into()))
}

fn write(
    copy: &Path,
    secrets: &[u8],
    code: &RecoveryCode,
    folder: &Path,
    day: &str,
) -> Result<BackupFile, BackUpError> {
    let (file, path) = begin(folder, day).map_err(BackUpError::File)?;
    let unfinished = path.with_extension("part");
    let header = Header::new()?;
    let key = header
        .key(code)
        .ok_or(StorageError::Failed)
        .map_err(DatabaseError::from)?;
    let sealed = || {
        let mut to = BufWriter::new(file);
        to.write_all(&header.0)?;
        let mut sealer = Sealer::new(key, to);
        sealer.seal(secrets)?;
        let file = sealer.seal_rest(&mut File::open(copy)?)?.into_inner()?;
        file.sync_all()?;
        let bytes = file.metadata()?.len();
        drop(file);
        std::fs::rename(&unfinished, &path)?;
        Ok(bytes)
    };
    match sealed() {
        Ok(bytes) => Ok(BackupFile { path, bytes }),
        Err(error) => {
            discard(&unfinished);
            Err(BackUpError::File(error))
        }
    }
}

/// Makes the unfinished file of the first name that is free; answers the name that it is to have in the end.
fn begin(folder: &Path, day: &str) -> io::Result<(File, PathBuf)> {
    for number in 1..MOST_OF_A_DAY {
        let name = match number {
            1 => format!("Sotto backup {day}"),
            _ => format!("Sotto backup {day} ({number})"),
        };
        let path = folder.join(format!("{name}.sotto"));
        if path.try_exists()? {
            continue;
        }
        let unfinished = path.with_extension("part");
        match private_file().write(true).create_new(true).open(unfinished) {
            Ok(file) => return Ok((file, path)),
            // Another one is being made, or a program died while it made one.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
