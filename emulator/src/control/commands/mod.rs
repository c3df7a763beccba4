//! What the commands do.

pub(super) mod clock;
pub(super) mod deliveries;
pub(super) mod events;
pub(super) mod faults;
pub(super) mod state;
pub(super) mod targets;
