//! A script in Alice's page tries what it must not be able to, and her window is sent to other pages.

use super::{StepError, Story};
use crate::story::outside::Outside;

impl Story {
    pub(super) async fn a_script_in_the_page_is_refused_everything(&mut self) -> Result<(), StepError> {
        let outside = Outside::listen().await.map_err(StepError::Outside)?;
        let window = &self.stage.alice;
        let intrusion = window.intrude(&outside.address()).await?;
        if !intrusion.well.is_empty() {
            return Err(StepError::Intrusion(intrusion.well));
        }
        self.transcript.holds(format!(
            "a script in Alice's page tried {} things that the page has no business with: none went well",
            intrusion.tried
        ));

        let elsewhere = [
            outside.address(),
            "data:text/html,elsewhere".to_owned(),
            "file:///etc/hostname".to_owned(),
            "about:blank".to_owned(),
        ];
        for page in &elsewhere {
            let shown = window.send_away_to(page).await?;
            if shown != "Sotto" {
                return Err(StepError::Elsewhere(shown));
            }
        }
        outside.knock().await.map_err(StepError::Outside)?;
        let visits = outside.visits();
        if visits != ["GET /knock HTTP/1.1"] {
            return Err(StepError::Visits(visits));
        }
        self.transcript
            .holds("the window went to no other page, and nobody outside was called");
        Ok(())
    }
}
