//! Process groups: a program that prints a secret ends with what it has started.

use std::io::IsTerminal as _;

/// True if such a program gets a group of its own. At a terminal Ctrl-C reaches every process of this group, and a program of
/// another one may not ask there.
#[must_use]
pub fn is_own() -> bool {
    cfg!(unix) && !std::io::stdin().is_terminal()
}

/// Ends every process of the group that a process with this id leads.
pub fn kill(id: u32) {
    #[cfg(unix)]
    if let Some(group) = id.try_into().ok().and_then(rustix::process::Pid::from_raw) {
        // Nobody is left where this fails.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    #[cfg(not(unix))]
    let _ = id;
}
