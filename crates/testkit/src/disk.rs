//! A disk that fails when a story says so, between any two writes.
//!
//! It is SQLite that fails, by its own documented hooks on the connection that writes: the commit hook turns a commit into
//! a rollback, the progress handler interrupts a statement between two steps, `max_page_count` is a disk without room.
//! What the engine is told is what it would be told by a real disk, and what is in the file afterwards is what SQLite
//! leaves there.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use sotto_engine::checkpoint::{Checkpoint, Checkpoints};

use crate::Gate;

/// Steps of SQLite's between two looks at whether it is to fail: a small write takes some dozens.
const STEPS: i32 = 16;

/// The disk of somebody's machine.
#[derive(Default)]
pub struct Disk {
    present: Mutex<Arc<Heads>>,
    /// How many pages there is room for from the next opening on.
    room: Mutex<Option<u32>>,
    /// How many openings are still to fail.
    failing_openings: AtomicU32,
}

/// What becomes of the writes of one run; the next one begins with new ones, whatever the one before still tries to write.
#[derive(Default)]
struct Heads {
    dead: AtomicBool,
    /// 0: never. Counted down by commits.
    commits_to_live: AtomicU32,
    /// Whether the last commit still takes place.
    last_is_kept: AtomicBool,
    failing_commits: AtomicU32,
    /// 0: never. Counted down by [`STEPS`] steps of SQLite's.
    looks_to_interruption: AtomicU32,
}

impl Disk {
    /// Nothing is written any more in this run, and what is being written is not committed.
    pub fn dies(&self) {
        self.heads().dead.store(true, Ordering::SeqCst);
    }

    /// Dies at a commit, the `nth` from now on, counted from 1: right after it if it `is_kept`, else instead of it.
    pub fn dies_at_commit(&self, nth: u32, is_kept: bool) {
        let heads = self.heads();
        heads.last_is_kept.store(is_kept, Ordering::SeqCst);
        heads.commits_to_live.store(nth, Ordering::SeqCst);
    }

    /// Whether it died in this run.
    pub fn is_dead(&self) -> bool {
        self.heads().dead.load(Ordering::SeqCst)
    }

    /// The next `count` commits fail, and everything in them is undone.
    pub fn fails_to_commit(&self, count: u32) {
        self.heads().failing_commits.store(count, Ordering::SeqCst);
    }

    /// How many commits are still to fail.
    pub fn still_to_fail(&self) -> u32 {
        self.heads().failing_commits.load(Ordering::SeqCst)
    }

    /// A statement fails after `looks` times a few steps of SQLite's.
    pub fn fails_after(&self, looks: u32) {
        self.heads().looks_to_interruption.store(looks, Ordering::SeqCst);
    }

    /// From the next opening on there is room for so many pages more than the database has then; `None`: for all.
    pub fn has_room_for(&self, pages: Option<u32>) {
        *self.room.lock().expect("no holder of this lock panics") = pages;
    }

    /// The first commit fails after each of the next `count` openings.
    pub fn fails_to_open(&self, count: u32) {
        self.failing_openings.store(count, Ordering::SeqCst);
    }

    /// From now on nothing fails, but what is dead stays dead, and what is full stays full until it is opened again.
    pub fn is_sound(&self) {
        let heads = self.heads();
        heads.commits_to_live.store(0, Ordering::SeqCst);
        heads.failing_commits.store(0, Ordering::SeqCst);
        heads.looks_to_interruption.store(0, Ordering::SeqCst);
    }

    fn heads(&self) -> Arc<Heads> {
        Arc::clone(&self.present.lock().expect("no holder of this lock panics"))
    }

    fn take_hold_of(&self, writer: &Connection) {
        let heads = Arc::new(Heads::default());
        *self.present.lock().expect("no holder of this lock panics") = Arc::clone(&heads);
        if takes_one(&self.failing_openings) {
            heads.failing_commits.store(1, Ordering::SeqCst);
        }
        let commits = Arc::clone(&heads);
        writer
            .commit_hook(Some(move || commits.commit_fails()))
            .expect("a connection of the engine's own");
        writer
            .progress_handler(STEPS, Some(move || heads.step_fails()))
            .expect("a connection of the engine's own");
        if let Some(room) = *self.room.lock().expect("no holder of this lock panics") {
            let pages: u32 = writer
                .query_row("PRAGMA page_count", [], |row| row.get(0))
                .expect("a database that has pages");
            writer
                .query_row(&format!("PRAGMA max_page_count = {}", pages + room), [], |_| {
                    Ok(())
                })
                .expect("a setting of the connection");
        }
    }
}

impl Heads {
    fn commit_fails(&self) -> bool {
        if self.dead.load(Ordering::SeqCst) {
            return true;
        }
        if counted_down(&self.commits_to_live) {
            self.dead.store(true, Ordering::SeqCst);
            return !self.last_is_kept.load(Ordering::SeqCst);
        }
        takes_one(&self.failing_commits)
    }

    fn step_fails(&self) -> bool {
        counted_down(&self.looks_to_interruption)
    }
}

/// Whether the counter has just come to 0. Nobody counts but the thread that writes.
fn counted_down(counter: &AtomicU32) -> bool {
    takes_one(counter) && counter.load(Ordering::SeqCst) == 0
}

/// Takes one off the counter; answers whether there was one. Nobody counts but the thread that writes.
fn takes_one(counter: &AtomicU32) -> bool {
    let left = counter.load(Ordering::SeqCst);
    counter.store(left.saturating_sub(1), Ordering::SeqCst);
    left > 0
}

impl Checkpoints for Disk {
    fn reached(&self, _: Checkpoint) {}

    fn opened(&self, writer: &Connection) {
        self.take_hold_of(writer);
    }
}

/// What the engine of one machine is watched by: where it is held, and what its disk does.
pub(crate) struct Machine {
    pub(crate) gate: Arc<Gate>,
    pub(crate) disk: Arc<Disk>,
}

impl Checkpoints for Machine {
    fn reached(&self, checkpoint: Checkpoint) {
        self.gate.reached(checkpoint);
    }

    fn opened(&self, writer: &Connection) {
        self.disk.opened(writer);
    }
}
