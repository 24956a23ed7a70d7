//! Connections of owners that do nothing: what each costs in memory.

use std::time::Duration;

use super::connect_all;
use crate::Scale;
use crate::error::LoadError;
use crate::process::Process;
use crate::report::Idle;
use crate::server::Server;

/// Until what was needed to connect is given back.
const REST: Duration = Duration::from_secs(2);

/// `None` where memory cannot be measured.
pub(crate) async fn measure<S: Server>(server: &S, scale: &Scale) -> Result<Option<Idle>, LoadError> {
    // One connection before the first look: what the server needs once is not counted to each.
    let first = [server.person()];
    let _first = connect_all(server, &first).await?;
    let before = server.process().and_then(Process::memory_kib);
    let people: Vec<_> = (0..scale.idle).map(|_| server.person()).collect();
    let inboxes = connect_all(server, &people).await?;
    tokio::time::sleep(REST).await;
    let after = server.process().and_then(Process::memory_kib);
    let connections = inboxes.len();
    let (Some(before), Some(after)) = (before, after) else {
        return Ok(None);
    };
    Ok(Some(Idle {
        connections,
        kib_per_connection: (after - before) / connections.max(1) as f64,
    }))
}
