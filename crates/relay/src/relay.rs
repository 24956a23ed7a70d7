//! What the connections of one relay share.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::bus::Bus;
use crate::certificates::Certificates;
use crate::config::Config;
use crate::identity::Names;
use crate::pepper::Pepper;
use crate::store::Store;

/// What the connections share.
pub(crate) struct Relay {
    pub(crate) config: Config,
    pub(crate) names: Names,
    pub(crate) pepper: Pepper,
    pub(crate) certificates: Certificates,
    pub(crate) store: Store,
    pub(crate) bus: Arc<Bus>,
    /// One permit for each connection.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) connections: TaskTracker,
    /// Finish what is under way and say goodbye.
    pub(crate) stopping: CancellationToken,
    /// Drop everything.
    pub(crate) aborted: CancellationToken,
}
