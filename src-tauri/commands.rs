//! Every command of the window goes to `crates/api`, which declares them; the shell has none of its own.

use std::sync::Arc;

use serde_json::Value;
use sotto_api::App;
use sotto_api::command::{COMMANDS, call};
use sotto_api::error::ErrorCode;
use tauri::Wry;
use tauri::ipc::{Invoke, InvokeBody, InvokeError};

/// Answers a command; false for a name that is not one.
pub(crate) fn answer(app: &Arc<App>, invoke: Invoke<Wry>) -> bool {
    let name = invoke.message.command();
    let Some(name) = COMMANDS.iter().find(|command| **command == name) else {
        return false;
    };
    // The window sends `{ args }`, as Tauri's own commands have it.
    let arguments = match invoke.message.payload() {
        InvokeBody::Json(payload) => payload.get("args").cloned().unwrap_or_default(),
        InvokeBody::Raw(_) => Value::Null,
    };
    let app = Arc::clone(app);
    // On a task of its own, so that a defect in one command leaves no promise of the window open for ever.
    let answer = tauri::async_runtime::spawn(async move { call(&app, name, arguments).await });
    invoke.resolver.respond_async(async move {
        let answer = answer.await.unwrap_or_else(|_| Err(ErrorCode::Internal.into()));
        answer.map_err(InvokeError::from)
    });
    true
}
