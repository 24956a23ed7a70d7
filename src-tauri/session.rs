//! What the computer does that the window should know of: it goes to sleep, or its screen is locked.
//!
//! Linux tells by logind (org.freedesktop.login1). Elsewhere nothing is followed yet: docs/adr/0085.

/// Calls `lock` whenever the window should be locked with the computer, as long as the computer tells.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn follow(_: impl AsyncFn()) {}

#[cfg(target_os = "linux")]
pub(crate) use logind::follow;

#[cfg(target_os = "linux")]
mod logind {
    use futures_util::StreamExt;
    use zbus::zvariant::{OwnedFd, OwnedObjectPath};
    use zbus::{Connection, Proxy};

    const LOGIND: &str = "org.freedesktop.login1";
    const PATH: &str = "/org/freedesktop/login1";

    /// Calls `lock` whenever the window should be locked with the computer, as long as the computer tells.
    pub(crate) async fn follow(lock: impl AsyncFn()) {
        let followed = async { follow_on(&Connection::system().await?, lock).await };
        if let Err(error) = followed.await {
            tracing::info!(%error, "this computer does not tell when it sleeps");
        }
    }

    pub(super) async fn follow_on(bus: &Connection, lock: impl AsyncFn()) -> zbus::Result<()> {
        let manager = Proxy::new(bus, LOGIND, PATH, "org.freedesktop.login1.Manager").await?;
        tokio::try_join!(
            follow_sleep(&manager, &lock),
            // A program outside of any session is told of sleep all the same.
            async {
                if let Err(error) = follow_screen(&manager, &lock).await {
                    tracing::info!(%error, "this computer does not tell when its screen is locked");
                }
                Ok(())
            }
        )?;
        Ok(())
    }

    /// The computer waits with its sleep until the window is locked (a few seconds at most), so that it does not show
    /// anything when it wakes.
    async fn follow_sleep(manager: &Proxy<'_>, lock: &impl AsyncFn()) -> zbus::Result<()> {
        let mut sleeps = manager.receive_signal("PrepareForSleep").await?;
        let mut waits = delay(manager).await;
        while let Some(signal) = sleeps.next().await {
            let begins: bool = signal.body().deserialize()?;
            if begins {
                lock().await;
                drop(waits.take());
            } else {
                waits = delay(manager).await;
            }
        }
        Ok(())
    }

    /// As long as this is held, the computer tells before it sleeps, and waits. Without it the lock comes a little late.
    async fn delay(manager: &Proxy<'_>) -> Option<OwnedFd> {
        let why = ("sleep", "Sotto", "Locks its window", "delay");
        manager.call("Inhibit", &why).await.ok()
    }

    /// The session of this program, or the one that the user looks at.
    async fn follow_screen(manager: &Proxy<'_>, lock: &impl AsyncFn()) -> zbus::Result<()> {
        let path: OwnedObjectPath = manager.call("GetSession", &"auto").await?;
        let session = Proxy::new(
            manager.connection(),
            LOGIND,
            path,
            "org.freedesktop.login1.Session",
        )
        .await?;
        let mut asked = session.receive_signal("Lock").await?;
        // Also says at first how it is.
        let mut locked = session.receive_property_changed::<bool>("LockedHint").await;
        loop {
            tokio::select! {
                Some(_) = asked.next() => lock().await,
                Some(hint) = locked.next() => {
                    if hint.get().await? {
                        lock().await;
                    }
                }
                else => return Ok(()),
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests;
