//! Waiting for what must happen, and saying what did not.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;

use crate::TIMEOUT;

/// How often somebody looks again.
const GLANCE: Duration = Duration::from_millis(15);

/// What one look found.
pub enum Look<T> {
    /// What was waited for.
    There(T),
    /// Not yet, and what there is instead: the sentence ends with it if time runs out.
    NotYet(String),
}

impl<T> Look<T> {
    /// There if `condition` holds, else what there is instead.
    pub fn when(condition: bool, found: T, instead: impl Display) -> Self {
        if condition {
            Self::There(found)
        } else {
            Self::NotYet(instead.to_string())
        }
    }
}

/// Looks until it is there; panics with `what` and what there was instead.
pub async fn eventually<T>(what: impl Display, mut look: impl AsyncFnMut() -> Look<T>) -> T {
    let patience = Instant::now() + TIMEOUT;
    loop {
        match look().await {
            Look::There(found) => return found,
            Look::NotYet(instead) if Instant::now() > patience => {
                panic!("{what}: not within {TIMEOUT:?}; instead: {instead}")
            }
            Look::NotYet(_) => tokio::time::sleep(GLANCE).await,
        }
    }
}
