//! Forgetting what is too old, a slice at a time so that deliveries do not wait for it.

use sotto_wire::Refusal;

use super::Sqlite;
use super::table::{delivery_token, envelope, one_time_prekey, spent_invite, taken_message};
use crate::clock::{Day, days_before};
use crate::store::admission::TOMBSTONE_DAYS;
use crate::store::forgotten_before;

/// Rows looked at in one slice: a few milliseconds.
const SLICE: u32 = 2_000;

impl Sqlite {
    pub(in crate::store) async fn sweep_at(&self, now: u64) -> Result<(), Refusal> {
        let before = days_before(now, self.limits.retention_days);
        let day = forgotten_before(now, &self.limits);
        while self.delete_envelopes(before).await? > 0 {}
        while self.forget_prekeys(day).await? > 0 {}
        let tokens = days_before(now, TOMBSTONE_DAYS);
        while self.forget_tokens(tokens).await? > 0 {}
        self.forget_invites(now).await?;
        while self.sort_messages().await? > 0 {}
        let mut cursor = Some(taken_message::Cursor::START);
        while let Some(from) = cursor {
            cursor = self.forget_messages(day, from).await?;
        }
        Ok(())
    }

    async fn delete_envelopes(&self, before_ms: u64) -> Result<usize, Refusal> {
        let delete = self.writer.submit(
            move |writing| {
                // What is so old was sorted into the table long ago, unless nothing was written since.
                writing.journal.fold(writing.transaction, SLICE as usize)?;
                let deleted = envelope::delete_before(writing.transaction, before_ms, SLICE)?;
                if deleted > 0 {
                    writing.mailboxes.forget();
                }
                Ok(Ok(deleted))
            },
            |outcome| outcome,
        );
        delete.await.await
    }

    async fn forget_prekeys(&self, day: Day) -> Result<usize, Refusal> {
        let forget = self.writer.submit(
            move |writing| one_time_prekey::forget_used_before(writing.transaction, day, SLICE).map(Ok),
            |outcome| outcome,
        );
        forget.await.await
    }

    async fn forget_tokens(&self, before_ms: u64) -> Result<usize, Refusal> {
        let forget = self.writer.submit(
            move |writing| delivery_token::forget_before(writing.transaction, before_ms, SLICE).map(Ok),
            |outcome| outcome,
        );
        forget.await.await
    }

    async fn forget_invites(&self, before_ms: u64) -> Result<usize, Refusal> {
        let forget = self.writer.submit(
            move |writing| spent_invite::forget_expired(writing.transaction, before_ms).map(Ok),
            |outcome| outcome,
        );
        forget.await.await
    }

    /// What waits to be sorted is forgotten where it is sorted.
    async fn sort_messages(&self) -> Result<usize, Refusal> {
        let sort = self.writer.submit(
            |writing| writing.journal.sort_ids(writing.transaction).map(Ok),
            |outcome| outcome,
        );
        sort.await.await
    }

    async fn forget_messages(
        &self,
        day: Day,
        from: taken_message::Cursor,
    ) -> Result<Option<taken_message::Cursor>, Refusal> {
        let forget = self.writer.submit(
            move |writing| taken_message::forget_before(writing.transaction, day, &from, SLICE).map(Ok),
            |outcome| outcome,
        );
        forget.await.await
    }
}

#[cfg(test)]
mod tests;
