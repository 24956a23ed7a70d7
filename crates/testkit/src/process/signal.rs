//! What the system does to a process that does not know.

/// Lets a process stand still (SIGSTOP), as a computer does that is suspended. Not on Windows.
pub fn suspend(process: u32) {
    #[cfg(unix)]
    send(process, rustix::process::Signal::STOP);
    #[cfg(not(unix))]
    let _ = process;
}

/// Lets it go on (SIGCONT).
pub fn resume(process: u32) {
    #[cfg(unix)]
    send(process, rustix::process::Signal::CONT);
    #[cfg(not(unix))]
    let _ = process;
}

#[cfg(unix)]
fn send(process: u32, signal: rustix::process::Signal) {
    use rustix::process::{Pid, kill_process};
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    kill_process(process.expect("the id of a process"), signal).expect("a process of ours");
}
