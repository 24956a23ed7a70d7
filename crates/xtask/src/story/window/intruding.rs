//! What somebody would try whose script runs in the page, or who would have the window show another one.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::{Window, WindowError};

/// Long enough for a page that is let go to have gone.
const A_WHILE: Duration = Duration::from_secs(2);

/// How it went.
#[derive(Debug, Deserialize)]
pub(crate) struct Intrusion {
    /// How much was tried.
    pub(crate) tried: usize,
    /// What should not have gone well, and did.
    pub(crate) well: Vec<String>,
}

impl Window {
    /// Tries everything in `intrusions.js`, with an address outside.
    pub(crate) async fn intrude(&self, outside: &str) -> Result<Intrusion, WindowError> {
        let answer = self
            .session()?
            .execute_async(include_str!("intrusions.js"), vec![json!(outside)])
            .await
            .map_err(|source| self.command("try what it must refuse", source))?;
        serde_json::from_value(answer)
            .map_err(|source| self.command("try what it must refuse", source.into()))
    }

    /// Sends the window to another page, waits until it has had the time to go there, and answers where it is.
    pub(crate) async fn send_away_to(&self, page: &str) -> Result<String, WindowError> {
        let failed = |source| self.command("go to another page", source);
        let session = self.session()?;
        session
            .execute("window.location.href = arguments[0]", vec![json!(page)])
            .await
            .map_err(failed)?;
        tokio::time::sleep(A_WHILE).await;
        // Not by WebDriver's own means: it waits for a page that was refused.
        let whereabouts = "return document.querySelector('[data-testid=app]') ? 'Sotto' : location.href";
        let answer = session.execute(whereabouts, vec![]).await.map_err(failed)?;
        serde_json::from_value(answer).map_err(|source| failed(source.into()))
    }
}
