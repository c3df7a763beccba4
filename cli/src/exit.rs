//! How the program ends: one number for each outcome that a script has to tell apart.

/// An exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed for a reason that has no code of its own.
    Failure = 1,
    /// The command line or the settings are wrong.
    Usage = 2,
    /// The file and the server differ.
    Differences = 3,
    /// No credentials, or they were refused.
    Authentication = 4,
    /// Refused before anything was changed.
    Refused = 5,
    /// Partly done, or the outcome is unknown.
    Partial = 6,
    /// A webhook is unhealthy.
    Unhealthy = 7,
    /// Ctrl-C.
    Interrupted = 130,
    /// The system asked the program to end.
    Terminated = 143,
}

impl Exit {
    /// Every code with its meaning, as the help shows it.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Done, "Done. For `plan --check` and `drift`: no differences. For `doctor`: healthy"),
        (Self::Failure, "Failed: not found, no connection, an invalid webhook, an unexpected answer"),
        (Self::Usage, "The command line, a settings file or an environment variable is wrong, or --yes is missing"),
        (Self::Differences, "The file and the server differ (`plan --check`, `drift`)"),
        (Self::Authentication, "No credentials, or the server refused them (401, 403)"),
        (Self::Refused, "Refused before anything was changed: a guard, a stale digest, a conflict, or the answer `no`"),
        (Self::Partial, "Partly done, or the outcome is unknown: check the server before you repeat the command"),
        (Self::Unhealthy, "A webhook is disabled or silent although it should run (`doctor`)"),
        (Self::Interrupted, "Interrupted by Ctrl-C; nothing is half-written"),
        (Self::Terminated, "Terminated by SIGTERM or SIGHUP"),
    ];

    /// The number that the shell sees.
    #[must_use]
    pub fn code(self) -> i32 {
        self as i32
    }
}
