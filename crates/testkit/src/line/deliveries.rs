//! What is delivered, changed on its way.

use sotto_wire::open::{ClientFrame, Deliver, Request};

use super::{Line, Way};

impl Line {
    /// Changes each delivery on its way to the relay, or loses it; nothing else on the line is touched.
    pub fn change_deliveries(&self, change: impl Fn(Deliver) -> Option<Deliver> + Send + Sync + 'static) {
        self.meddle(move |way, message| match way {
            Way::ToOpen => change_delivery(message, &change),
            Way::FromOpen | Way::ToMailbox | Way::FromMailbox => vec![message],
        });
    }
}

/// What goes on of a message [to a relay](Way::ToOpen), if a delivery in it is changed, or lost.
pub fn change_delivery(message: Vec<u8>, change: impl Fn(Deliver) -> Option<Deliver>) -> Vec<Vec<u8>> {
    let Ok(ClientFrame::Request {
        id,
        request: Request::Deliver(deliver),
    }) = ClientFrame::decode(message.clone().into())
    else {
        return vec![message];
    };
    let changed = change(deliver).map(|deliver| ClientFrame::Request {
        id,
        request: Request::Deliver(deliver),
    });
    changed.iter().map(|frame| frame.encode().to_vec()).collect()
}
