//! Looking at the page: waiting for what should be there, and clicking and filling it when it is.

use std::time::Instant;

use fantoccini::elements::Element;
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::{Client, Locator};

use super::{GLANCE, PATIENCE, Window, WindowError};

/// How often a page may differ from its last picture before it is taken as it is.
const RESTLESS: u32 = 10;

impl Window {
    pub(super) fn session(&self) -> Result<&Client, WindowError> {
        self.session.as_ref().ok_or(WindowError::Closed {
            whose: self.person.name,
        })
    }

    pub(super) fn command(&self, what: &'static str, source: CmdError) -> WindowError {
        WindowError::Command {
            whose: self.person.name,
            what,
            source: Box::new(source),
        }
    }

    /// Waits until `look` sees something.
    pub(super) async fn until<T>(
        &self,
        what: impl Into<String>,
        look: impl AsyncFn(&Client) -> Result<Option<T>, CmdError>,
    ) -> Result<T, WindowError> {
        let session = self.session()?;
        let began = Instant::now();
        loop {
            match look(session).await {
                Ok(Some(seen)) => return Ok(seen),
                Ok(None) => {}
                Err(error) if passes(&error) => {}
                Err(source) => return Err(self.command("look", source)),
            }
            if began.elapsed() > PATIENCE {
                return Err(WindowError::NotSeen {
                    whose: self.person.name,
                    what: what.into(),
                });
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Waits for the element with this test id to be displayed.
    pub(super) async fn see(&self, test_id: &'static str) -> Result<Element, WindowError> {
        self.until(format!("[{test_id}]"), async |session| {
            for element in find_all(session, test_id).await? {
                if element.is_displayed().await? {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Waits for the element to be displayed and enabled, and clicks it.
    pub(super) async fn click(&self, test_id: &'static str) -> Result<(), WindowError> {
        self.until(format!("[{test_id}] to click on"), async |session| {
            for element in find_all(session, test_id).await? {
                if element.is_displayed().await? && element.is_enabled().await? {
                    element.click().await?;
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Types into the field, in place of what it holds.
    pub(super) async fn fill(&self, test_id: &'static str, text: &str) -> Result<(), WindowError> {
        let field = self.see(test_id).await?;
        field
            .clear()
            .await
            .map_err(|source| self.command("empty a field", source))?;
        field
            .send_keys(text)
            .await
            .map_err(|source| self.command("type into a field", source))
    }

    /// What the page looks like, as PNG, once it has come to rest: when it is the same twice. A page that does not (a caret
    /// blinks, or worse) is taken as it is after a while.
    pub(crate) async fn screenshot(&self) -> Result<Vec<u8>, WindowError> {
        let session = self.session()?;
        let cannot = |source| self.command("take a picture", source);
        let mut picture = session.screenshot().await.map_err(cannot)?;
        for _ in 0..RESTLESS {
            tokio::time::sleep(GLANCE * 5).await;
            let next = session.screenshot().await.map_err(cannot)?;
            if next == picture {
                break;
            }
            picture = next;
        }
        Ok(picture)
    }

    /// The page's document as it is now.
    pub(crate) async fn source(&self) -> Result<String, WindowError> {
        self.session()?
            .source()
            .await
            .map_err(|source| self.command("read the page", source))
    }

    /// Waits until an attribute of an element is what is expected, and answers it.
    pub(super) async fn see_attribute(
        &self,
        test_id: &'static str,
        attribute: &'static str,
        expected: &str,
    ) -> Result<String, WindowError> {
        self.until(
            format!("[{test_id}] with {attribute}={expected}"),
            async |session| {
                for element in find_all(session, test_id).await? {
                    if let Some(found) = element.attr(attribute).await?.filter(|found| found == expected) {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            },
        )
        .await
    }
}

/// Whether an error is of the moment: the page was redrawn between finding an element and using it, or something that
/// moves was in the way. Nothing was done, so that looking again is right.
fn passes(error: &CmdError) -> bool {
    error.is_stale_element_reference()
        || error.is_no_such_element()
        || error.is_element_not_interactable()
        || matches!(error, CmdError::Standard(answer) if answer.error == ErrorStatus::ElementClickIntercepted)
}

/// Every element with this test id, displayed or not.
pub(super) async fn find_all(session: &Client, test_id: &str) -> Result<Vec<Element>, CmdError> {
    session
        .find_all(Locator::Css(&format!("[data-testid='{test_id}']")))
        .await
}
